import NIOConcurrencyHelpers
import SpanWire
import Testing

@testable import spanlog

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
    let server = try ScriptedServer { _, number in
      number < 2
        ? ScriptedServer.error(RPCStatus(.resourceExhausted, "full", retryDelayMilliseconds: 5))
        : (RPCMethod.append.answer, [])
    }
    var load = try load(server, seconds: 3)
    let result = try load.run()
    let bodies = server.bodies.withLockedValue { $0 }
    try #require(bodies.count > 2)
    #expect(bodies[0] == bodies[1] && bodies[1] == bodies[2])
    #expect(result.refusedCount == 2 && result.requestCount == bodies.count - 2)
    #expect(result.latencies.max >= 10_000_000)
  }

  @Test func `what a server has no room for to the end is given up and told`() throws {
    let server = try ScriptedServer { _, _ in
      ScriptedServer.error(RPCStatus(.resourceExhausted, "full", retryDelayMilliseconds: 600_000))
    }
    var load = try load(server, seconds: 1.5)
    let result = try load.run()
    #expect(result.requestCount == 0 && result.refusedCount == 1 && result.unsentCount == 1)
    withExtendedLifetime(server) {}
  }

  @Test func `a failure that no waiting helps ends the load, with the reason`() throws {
    let server = try ScriptedServer { _, _ in
      ScriptedServer.error(RPCStatus(.unavailable, "the store has stopped"))
    }
    var load = try load(server, seconds: 60)
    let error = #expect(throws: CommandFailure.self) { try load.run() }
    #expect(error?.description == "Append failed: the store has stopped")
    withExtendedLifetime(server) {}
  }
}
