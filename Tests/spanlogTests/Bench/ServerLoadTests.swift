import Foundation
import NIOConcurrencyHelpers
import SpanNet
import SpanWire
import Testing

@testable import spanlog

/// Takes one connection, and answers each request as it is told to.
private final class ScriptedServer: Sendable {
  let address: ListenAddress
  private let listener: CInt
  /// Bodies as they came.
  let bodies = NIOLockedValueBox<[[UInt8]]>([])

  /// - Parameter answer: given how many requests came before; `nil` acks.
  init(_ answer: @escaping @Sendable (Int) -> RPCStatus?) throws {
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
      let connection = accept(listener, nil, nil)
      Self.serve(connection, bodies, answer)
      close(connection)
    }
  }

  deinit { close(listener) }

  private static func serve(
    _ connection: CInt, _ bodies: NIOLockedValueBox<[[UInt8]]>, _ answer: (Int) -> RPCStatus?
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
            send(answer(number), to: header.requestID, on: connection)
          }
        }
      }
    }
  }

  private static func send(_ status: RPCStatus?, to requestID: UInt32, on connection: CInt) {
    let body = status?.encoded ?? []
    let method = status == nil ? RPCMethod.append.answer : RPCMethod.errorAnswer
    let frame =
      RPCFrameHeader(method: method, requestID: requestID, bodyByteCount: body.count).encoded + body
    _ = write(connection, frame, frame.count)
  }
}

struct ServerLoadTests {
  private func load(_ server: ScriptedServer, seconds: Double) throws -> ServerLoad {
    var writer = SyntheticRequestWriter(seed: 1)
    let corpus = try LoadCorpus([writer.request(number: 0, spanCount: 4)], seed: 1, lentCountMax: 1)
    let start = ContinuousClock().now
    let end = start + .seconds(seconds)
    return try ServerLoad(
      to: server.address, connectionCount: 1, inFlight: 1, corpus: corpus,
      schedule: LoadSchedule(
        from: start, until: end, rate: nil, spansPerRequest: 4, senderNumber: 0, senderCount: 1),
      until: end, result: IngestResult(sampleCountMax: 0, seed: 1))
  }

  @Test func `what met no room is sent again as it was, and its latency counts on`() throws {
    let server = try ScriptedServer { number in
      number < 2 ? RPCStatus(.resourceExhausted, "full", retryDelayMilliseconds: 5) : nil
    }
    var load = try load(server, seconds: 1)
    let result = try load.run()
    let bodies = server.bodies.withLockedValue { $0 }
    try #require(bodies.count > 2)
    #expect(bodies[0] == bodies[1] && bodies[1] == bodies[2])
    #expect(result.refusedCount == 2 && result.requestCount == bodies.count - 2)
    #expect(result.latencies.max >= 10_000_000)
  }

  @Test func `a failure that no waiting helps ends the load, with the reason`() throws {
    let server = try ScriptedServer { _ in RPCStatus(.unavailable, "the store has stopped") }
    var load = try load(server, seconds: 60)
    let error = #expect(throws: CommandFailure.self) { try load.run() }
    #expect(error?.description == "Append failed: the store has stopped")
  }
}
