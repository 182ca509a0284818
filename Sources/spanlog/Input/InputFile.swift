import Glibc
import SpanCompression

/// A file to read from, or standard input; closed when it goes out of use.
struct InputFile: ByteSource, ~Copyable {
  /// As the user named it.
  let name: String
  private let descriptor: CInt
  private var source: DescriptorSource

  /// - Parameter name: a path, or `-` for standard input.
  init(name: String) throws(InputFileError) {
    let descriptor = name == "-" ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputFileError(file: name, .cannotOpen(code: errno)) }
    self.name = name == "-" ? "standard input" : name
    self.descriptor = descriptor
    source = DescriptorSource(descriptor: descriptor)
  }

  /// Finds out without opening it whether a file can be read: a pipe can be opened only once.
  static func check(name: String) throws(InputFileError) {
    guard name == "-" || access(name, R_OK) == 0 else {
      throw InputFileError(file: name, .cannotOpen(code: errno))
    }
  }

  /// The size of a file, without opening it; `nil` for what has none, such as a pipe, and for what is not
  /// there.
  static func byteCount(ofFile name: String) -> UInt64? {
    var status = stat()
    let isRegular = stat(name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    return isRegular ? UInt64(status.st_size) : nil
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> Int {
    try source.read(into: buffer)
  }
}
