import NIOConcurrencyHelpers
import SpanClient
import SpanEngine
import SpanModel
import SpanNet
import SpanRPC
import SpanWire
import Testing

/// The door's side of `Maintain`: what is asked for, told, refused and ended.
@Suite(.timeLimit(.minutes(10)))
struct MaintainTests {
  private static let verify: [UInt8] = {
    var request = MaintainRequest()
    request.verify = VerifyRequest(deleted: nil)
    return request.encoded
  }()

  private static func progress(_ count: UInt64) -> SpanEngine.MaintenanceProgress {
    SpanEngine.MaintenanceProgress(phase: .verifying, doneByteCount: count, totalByteCount: 9)
  }

  private func begun(_ store: FakeStore) async -> FakeStore.Maintenance {
    await eventually { store.state.withLockedValue { !$0.maintenances.isEmpty } }
    return store.state.withLockedValue { $0.maintenances.removeFirst() }
  }

  @Test func `progress comes with more to follow, and the report ends the stream`() async throws {
    let store = FakeStore()
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      try await client.send(Frame(.maintain, 5, Self.verify))
      let maintenance = await begun(store)
      guard case .verify = maintenance.order else {
        Issue.record("another order")
        return
      }
      maintenance.progress(Self.progress(3))
      let first = try #require(await client.next())
      #expect(
        first.header.method == 0x89 && first.header.flags == .moreFollows && first.header.requestID == 5)
      #expect(try MaintainAnswer(decoding: first.body).progress?.doneByteCount == 3)
      maintenance.done(.success(.verified(StoreVerification())))
      let last = try #require(await client.next())
      #expect(last.header.flags == [])
      let report = try #require(try MaintainAnswer(decoding: last.body).verify)
      #expect(report.isWhole && report.lines == ["whole: 0 files, 0 requests, 0 spans"])
      // Its place is free again.
      try await client.send(Frame(.maintain, 5, Self.verify))
      _ = await begun(store)
    }
  }

  @Test(arguments: [false, true])
  func `a cancelled one, and one whose client is gone, is ended`(isCancelled: Bool) async throws {
    let store = FakeStore()
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      try await client.send(Frame(.maintain, 5, Self.verify))
      let maintenance = await begun(store)
      if isCancelled {
        try await client.send(Frame(.cancel, 6, CancelRequest(requestID: 5).encoded))
        let answer = try #require(await client.next())
        #expect(try RPCStatus(decoding: answer.body).code == .cancelled)
      } else {
        await client.close()
      }
      // A client that has only said that it sends no more waits for the report. One that is gone takes no
      // progress.
      await eventually {
        if !isCancelled { maintenance.progress(Self.progress(1)) }
        return maintenance.control.isCancelled
      }
      // Nobody is told any more.
      maintenance.progress(Self.progress(1))
      maintenance.done(.failure(.cancelled))
    }
  }

  @Test func `a server that shuts down ends it, and says so`() async throws {
    let store = FakeStore()
    try await TestServer.run(store, drainMax: .seconds(60)) { server in
      let client = try await server.connect()
      try await client.send(Frame(.maintain, 5, Self.verify))
      let maintenance = await begun(store)
      async let drained: Void = server.server.drain()
      let answer = try #require(await client.next())
      #expect(try RPCStatus(decoding: answer.body).code == .unavailable)
      #expect(maintenance.control.isCancelled)
      await client.close()
      await drained
    }
  }

  @Test func `a second one is told to come back later`() async throws {
    let store = FakeStore()
    store.state.withLockedValue { $0.refusal = .maintained(retryAfter: .seconds(5)) }
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      try await client.send(Frame(.maintain, 5, Self.verify))
      let status = try RPCStatus(decoding: try #require(await client.next()).body)
      #expect(status.code == .resourceExhausted && status.retryDelayMilliseconds == 5000)
      #expect(status.message.contains("there is one at a time"))
    }
  }

  @Test func `what makes no sense is refused with the reason`() async throws {
    var rule = MaintainRequest()
    rule.compact = CompactRequest()
    rule.compact?.keep = ["duration > fast"]
    var both = MaintainRequest()
    both.verify = VerifyRequest()
    both.snapshot = SnapshotRequest(into: "/a")
    var short = MaintainRequest()
    short.verify = VerifyRequest()
    short.verify?.deletedBytes = [1, 2]
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      for (request, text) in [
        (rule, "expected a duration"), (both, "one of compact, verify and snapshot"),
        (MaintainRequest(), "one of compact, verify and snapshot"), (short, "has 2 bytes, 16 are required"),
      ] {
        try await client.send(Frame(.maintain, 5, request.encoded))
        let status = try RPCStatus(decoding: try #require(await client.next()).body)
        #expect(status.code == .invalidArgument && status.message.contains(text), "\(status.message)")
      }
    }
  }

  @Test func `the client library tells progress, and returns the report`() async throws {
    let store = FakeStore()
    try await TestServer.run(store) { server in
      let client = try await SpanlogClient.connect(host: server.address.host, port: server.address.port)
      let told = NIOLockedValueBox<[UInt64]>([])
      var options = CompactionOptions()
      options.keep = ["error"]
      options.settle = .zero
      options.dropOlderThan = .seconds(60)
      let asked = options
      async let summary = client.compact(asked) { progress in
        told.withLockedValue { $0.append(progress.doneByteCount) }
      }
      let maintenance = await begun(store)
      guard case .compact(let rules, isRehearsed: false) = maintenance.order else {
        Issue.record("another order")
        return
      }
      #expect(rules.settle == .zero && rules.makeJudge != nil)
      #expect(rules.dropsArrivedBefore.nanoseconds > 1_600_000_000_000_000_000)
      maintenance.progress(Self.progress(3))
      await eventually { told.withLockedValue { $0 } == [3] }
      maintenance.done(.success(.compacted(CompactionReport())))
      #expect(try await summary.damageCount == 0)
      await client.close()
    }
  }
}
