import NIOConcurrencyHelpers
import SpanClient
import SpanEngine
import SpanModel
import SpanNet
import SpanTestKit
import Testing

/// A client that behaves: appends a request, reads it back, and so on, while another one does not.
final class Bystander: Sendable {
  private let client: SpanlogClient
  private let state = NIOLockedValueBox((roundCount: 0, isOver: false))

  private init(client: SpanlogClient) { self.client = client }

  /// Runs `misbehave` on a server with a store of its own. Before, meanwhile and afterwards a bystander
  /// must get all it asks for, and in the end no memory is held.
  static func watch(
    limits: NetLimits = NetLimits(), _ misbehave: (TestServer, Bystander) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    var options = StoreOptions(directory: directory.path)
    options.segmentByteCount = 4 << 20
    let store = try Store.open(options)
    try await TestServer.run(store, limits: limits, budgetByteCount: limits.budgetByteCountMax) { server in
      let bystander = Bystander(
        client: try await SpanlogClient.connect(host: server.address.host, port: server.address.port))
      async let rounds: Void = bystander.run()
      await bystander.goOn()
      do { try await misbehave(server, bystander) } catch { Issue.record(error) }
      await bystander.goOn()
      bystander.state.withLockedValue { $0.isOver = true }
      try await rounds
      await bystander.client.close()
      await eventually { server.budget.takenByteCount == 0 }
    }
    store.close()
  }

  /// Waits until it has done two rounds more, one of which began after this was called.
  func goOn() async {
    let seen = state.withLockedValue(\.roundCount)
    await eventually { self.state.withLockedValue { $0.isOver || $0.roundCount >= seen + 2 } }
  }

  private func run() async throws {
    defer { state.withLockedValue { $0.isOver = true } }
    while true {
      let (number, isOver) = state.withLockedValue { $0 }
      if isOver { return }
      try await round(UInt64(number))
      state.withLockedValue { $0.roundCount += 1 }
    }
  }

  private func round(_ number: UInt64) async throws {
    var shape = RequestGenerator.Shape()
    shape.traceIDs = [TraceID(high: 77, low: number + 1)]
    var generator = RequestGenerator(seed: number, shape: shape)
    let request = generator.request()
    #expect(try await client.append(request.bytes).rejectedSpanCount == 0)
    var found: [GeneratedSpan] = []
    for try await chunk in client.readTrace(shape.traceIDs[0]) { found += try decodeAnswer(chunk.bytes) }
    #expect(found == request.spans)
  }
}
