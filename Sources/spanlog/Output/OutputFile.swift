import Glibc

/// Files that a command writes besides its output.
enum OutputFile {
  /// Writes a file, in place of one that is there.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CommandFailure("cannot write \(path): \(String(cString: strerror(errno))) (errno \(errno))")
    }
    defer { close(descriptor) }
    let output = StandardOutput(descriptor: descriptor)
    do throws(OutputError) {
      try output.write(bytes)
      try output.flush()
    } catch {
      throw CommandFailure("cannot write \(path): \(error)")
    }
  }
}
