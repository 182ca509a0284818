import Foundation
import NIOConcurrencyHelpers
import SpanNet

/// An HTTP server that answers each request as it is told to, and notes what came.
final class HTTPScript: Sendable {
  struct Request: Sendable {
    var line: String
    var headers: [String: String]
    var body: [UInt8]
    /// Which connection it came on, from 0.
    var connection: Int
  }

  enum Answer: Sendable {
    case status(String, headers: [String] = [], body: [UInt8] = [])
    /// Bytes as they are.
    case raw([UInt8])
    case close
    /// No answer ever.
    case silence

    static let stored = status("200 OK", headers: ["Content-Type: application/x-protobuf"])
  }

  let address: ListenAddress
  let requests = NIOLockedValueBox<[Request]>([])
  private let listener: CInt

  /// - Parameter answer: given how many requests came before.
  init(_ answer: @escaping @Sendable (Int) -> Answer) throws {
    listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &name) { [listener] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        _ = bind(listener, name, length)
        _ = listen(listener, 64)
        _ = getsockname(listener, name, &length)
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
    address = ListenAddress(host: "127.0.0.1", port: Int(port))
    Thread.detachNewThread { [listener, requests] in
      var count = 0
      while case let connection = accept(listener, nil, nil), connection >= 0 {
        let number = count
        count += 1
        Thread.detachNewThread {
          Self.serve(connection, number, requests, answer)
          close(connection)
        }
      }
    }
  }

  /// Takes no more connections.
  func stop() { shutdown(listener, CInt(SHUT_RDWR)) }

  deinit {
    stop()
    close(listener)
  }

  private static func serve(
    _ connection: CInt, _ number: Int, _ requests: NIOLockedValueBox<[Request]>, _ answer: (Int) -> Answer
  ) {
    var bytes: [UInt8] = []
    while let request = next(connection, number, &bytes) {
      let count = requests.withLockedValue { requests -> Int in
        requests.append(request)
        return requests.count - 1
      }
      var output: [UInt8]
      switch answer(count) {
      case .close: return
      case .silence: continue
      case .raw(let raw): output = raw
      case .status(let status, let headers, let body):
        let lines = ["HTTP/1.1 \(status)"] + headers + ["Content-Length: \(body.count)", "", ""]
        output = Array(lines.joined(separator: "\r\n").utf8) + body
      }
      _ = send(connection, output, output.count, CInt(MSG_NOSIGNAL))
    }
  }

  private static func next(_ connection: CInt, _ number: Int, _ bytes: inout [UInt8]) -> Request? {
    while true {
      if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        var request = Request(line: lines[0], headers: [:], body: [], connection: number)
        for line in lines.dropFirst() {
          let parts = line.components(separatedBy: ": ")
          request.headers[parts[0].lowercased()] = parts[1]
        }
        let count = Int(request.headers["content-length"] ?? "0") ?? 0
        if bytes.count - end.upperBound >= count {
          request.body = Array(bytes[end.upperBound..<end.upperBound + count])
          bytes.removeFirst(end.upperBound + count)
          return request
        }
      }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
  }
}
