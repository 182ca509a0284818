import Glibc
import SpanNet

/// A connection to a server that never blocks: for a load, which must cost less than what it loads.
struct ServerSocket: ~Copyable {
  let descriptor: CInt

  init(to address: ListenAddress) throws {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(address.host, "\(address.port)", &hints, &found)
    guard result == 0, let first = found else {
      throw CommandFailure("cannot connect to \(address): \(String(cString: gai_strerror(result)))")
    }
    defer { freeaddrinfo(first) }
    var code = ENOENT
    for info in sequence(first: first, next: { $0.pointee.ai_next }) {
      let family = info.pointee.ai_family
      let descriptor = socket(family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      if descriptor >= 0, connect(descriptor, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 {
        self.descriptor = descriptor
        Self.prepare(descriptor)
        return
      }
      code = errno
      if descriptor >= 0 { close(descriptor) }
    }
    throw CommandFailure(
      "cannot connect to \(address): \(String(cString: strerror(code))) (errno \(code))")
  }

  deinit { close(descriptor) }

  private static func prepare(_ descriptor: CInt) {
    var yes: CInt = 1
    setsockopt(
      descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
    // So that a server that leaves is an error to be told, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  /// - Returns: bytes taken; 0 when there is no room now.
  func send(_ pieces: [iovec]) throws -> Int {
    let count = writev(descriptor, pieces, CInt(pieces.count))
    if count >= 0 { return count }
    if errno == EAGAIN || errno == EINTR { return 0 }
    throw Self.lost(errno)
  }

  /// - Returns: bytes read; 0 when there are none now.
  func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
    if count > 0 { return count }
    if count == 0 { throw CommandFailure("the server closed a connection before all was answered") }
    if errno == EAGAIN || errno == EINTR { return 0 }
    throw Self.lost(errno)
  }

  private static func lost(_ code: CInt) -> CommandFailure {
    CommandFailure("a connection was lost: \(String(cString: strerror(code))) (errno \(code))")
  }
}
