import NIOConcurrencyHelpers
import SpanModel
import SpanWire
import Testing

@testable import spanlog

struct ServerSourceTests {
  private struct Answering {
    let server: ScriptedServer
    let lines = NIOLockedValueBox<[String]>([])

    /// - Parameter reads: answers to reads in order; the last is for all that follow, too.
    init(_ reads: [RPCStatus?]) throws {
      let left = NIOLockedValueBox(reads)
      server = try ScriptedServer { method, _ in
        guard method == .readTrace else {
          var hello = HelloAnswer()
          hello.version = 1
          return (RPCMethod.hello.answer, hello.encoded)
        }
        let status = left.withLockedValue { $0.count > 1 ? $0.removeFirst() : $0[0] }
        return status.map { ScriptedServer.error($0) } ?? (RPCMethod.readTrace.answer, [])
      }
    }

    func source(_ count: UInt64) async throws -> ServerSource {
      let ids = Counting(number: 1, end: count)
      return try await ServerSource(
        server.address, .traces(ids, skip: 0, limit: nil),
        notice: RefusalNotice { [lines] line in lines.withLockedValue { $0.append(line) } })
    }
  }

  private struct Counting: TraceIDs {
    var number: UInt64
    let end: UInt64

    mutating func next() -> TraceID? {
      guard number <= end else { return nil }
      defer { number += 1 }
      return TraceID(high: 0, low: number)
    }
  }

  private static let full = RPCStatus(.resourceExhausted, "full", retryDelayMilliseconds: 1)

  @Test func `reads that met no room are asked for again, and come in order`() async throws {
    let answering = try Answering([Self.full, nil, Self.full, Self.full, nil])
    let source = try await answering.source(20)
    var order: [UInt64] = []
    while let piece = try await source.next() {
      guard case .end(let traceID, _) = piece else { throw CommandFailure("another piece came") }
      order.append(traceID.low)
    }
    await source.close()
    #expect(order == Array(1...20))
    let lines = answering.lines.withLockedValue { $0 }
    #expect(lines.first?.hasSuffix(" failed: full; retrying") == true)
    #expect(lines.dropFirst().first == "\(answering.server.address) takes requests again")
  }

  @Test func `a server without room for ever is given up, with the reason`() async throws {
    let answering = try Answering([Self.full])
    let source = try await answering.source(1)
    let error = await #expect(throws: CommandFailure.self) { try await source.next() }
    await source.close()
    #expect(error?.description.contains(" had no room for a read 301 times: ") == true)
  }

  @Test func `an error that no waiting helps ends the read`() async throws {
    let answering = try Answering([RPCStatus(.unavailable, "the store has stopped")])
    let source = try await answering.source(1)
    let error = await #expect(throws: (any Error).self) { try await source.next() }
    await source.close()
    #expect(error.map { "\($0)".hasSuffix(" failed: the store has stopped") } == true)
  }
}
