import Glibc

/// Reads bodies of records from a file whose walk has found where they stand.
///
/// A body is 64 MiB at the most, and the memory for the longest so far is used again.
final class SegmentBodies {
  private let descriptor: CInt
  private let path: String
  private var memory: [UInt8] = []

  init(path: String) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    self.path = path
    guard descriptor >= 0 else { throw Self.failure("open", path) }
  }

  deinit { close(descriptor) }

  /// Hands the bytes at `position` to `use`.
  func read(at position: UInt64, byteCount: Int, _ use: (UnsafeRawBufferPointer) throws -> Void) throws {
    if memory.count < byteCount { memory = [UInt8](repeating: 0, count: byteCount) }
    try memory.withUnsafeMutableBytes { memory in
      let body = UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
      var filled = 0
      while filled < byteCount {
        let rest = UnsafeMutableRawBufferPointer(rebasing: body[filled...])
        let count = pread(descriptor, rest.baseAddress, rest.count, off_t(position) + off_t(filled))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw Self.failure("read", path) }
        filled += count
      }
      try use(UnsafeRawBufferPointer(body))
    }
  }

  private static func failure(_ what: String, _ path: String) -> CommandFailure {
    CommandFailure("cannot \(what) \(path): \(String(cString: strerror(errno))) (errno \(errno))")
  }
}
