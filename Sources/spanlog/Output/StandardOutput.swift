import Glibc

/// Standard output, written in large pieces.
///
/// Blocks while its reader is slow, so it is used from the main thread only.
final class StandardOutput {
  private static let pieceByteCount = 1 << 20

  private let descriptor: CInt
  private var buffer: [UInt8] = []

  init(descriptor: CInt = STDOUT_FILENO) {
    self.descriptor = descriptor
    buffer.reserveCapacity(Self.pieceByteCount)
    // So that a reader who leaves is an error to be handled, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
  }

  func write(_ bytes: [UInt8]) throws(OutputError) {
    if buffer.count + bytes.count > Self.pieceByteCount { try flush() }
    if bytes.count >= Self.pieceByteCount {
      try writeAll(bytes)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  func flush() throws(OutputError) {
    defer { buffer.removeAll(keepingCapacity: true) }
    try writeAll(buffer)
  }

  private func writeAll(_ bytes: [UInt8]) throws(OutputError) {
    var writtenCount = 0
    while writtenCount < bytes.count {
      let result = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + writtenCount, bytes.count - writtenCount)
      }  // SAFETY: not empty here, so it has an address.
      if result >= 0 {
        writtenCount += result
      } else if errno == EAGAIN {
        waitUntilWritable()  // Whoever gave us this descriptor made it non-blocking.
      } else if errno != EINTR {
        throw errno == EPIPE ? .readerLeft : .failed(code: errno)
      }
    }
  }

  private func waitUntilWritable() {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    poll(&request, 1, -1)
  }
}

enum OutputError: Error, Equatable {
  /// Nobody reads any more, as after `| head`: no reason to say anything.
  case readerLeft
  case failed(code: Int32)
}

extension OutputError: CustomStringConvertible {
  var description: String {
    switch self {
    case .readerLeft: "nobody reads standard output any more"
    case .failed(let code):
      "cannot write to standard output: \(String(cString: strerror(code))) (errno \(code))"
    }
  }
}
