import Foundation
import NIOConcurrencyHelpers
import SpanNet
import SpanWire

/// Takes one connection at a time, and answers each request as it is told to.
final class ScriptedServer: Sendable {
  typealias Answer = (method: UInt8, body: [UInt8])

  let address: ListenAddress
  private let listener: CInt
  /// Bodies as they came.
  let bodies = NIOLockedValueBox<[[UInt8]]>([])

  /// - Parameter answer: given the request's method, and how many requests came before; `nil` is no answer.
  init(_ answer: @escaping @Sendable (RPCMethod?, Int) -> Answer?) throws {
    listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let (listener, port) = withUnsafeMutablePointer(to: &name) { [listener] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        _ = bind(listener, name, length)
        _ = listen(listener, 1)
        _ = getsockname(listener, name, &length)
      }
      return (listener, UInt16(bigEndian: pointer.pointee.sin_port))
    }
    address = ListenAddress(host: "127.0.0.1", port: Int(port))
    Thread.detachNewThread { [bodies] in
      while case let connection = accept(listener, nil, nil), connection >= 0 {
        Self.serve(connection, bodies, answer)
        close(connection)
      }
      // Not before: the number could be another server's by then, whose connections this thread would take.
      close(listener)
    }
  }

  /// Wakes who waits for a connection.
  deinit { shutdown(listener, CInt(SHUT_RDWR)) }

  static func error(_ status: RPCStatus) -> Answer { (RPCMethod.errorAnswer, status.encoded) }

  private static func serve(
    _ connection: CInt, _ bodies: NIOLockedValueBox<[[UInt8]]>, _ answer: (RPCMethod?, Int) -> Answer?
  ) {
    var reader = RPCFrameReader(bodyByteCountMax: 1 << 20)
    var header = RPCFrameHeader(method: 0, requestID: 0, bodyByteCount: 0)
    var body: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = read(connection, &buffer, buffer.count), count > 0 {
      buffer.withUnsafeBytes { bytes in
        var left = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        while true {
          switch reader.next(&left) {
          case .needsMore, .invalid: return
          case .header(let next): (header, body) = (next, [])
          case .body(let run): body += run
          case .end:
            let number = bodies.withLockedValue { bodies -> Int in
              bodies.append(body)
              return bodies.count - 1
            }
            if let answer = answer(RPCMethod(rawValue: header.method), number) {
              send(answer, to: header.requestID, on: connection)
            }
          }
        }
      }
    }
  }

  private static func send(_ answer: Answer, to requestID: UInt32, on connection: CInt) {
    let frame =
      RPCFrameHeader(method: answer.method, requestID: requestID, bodyByteCount: answer.body.count).encoded
      + answer.body
    _ = write(connection, frame, frame.count)
  }
}
