import SpanEngine
import SpanModel
import SpanTestKit
import SystemPackage
import Testing

/// Want of space: who is refused, for how long, and with what.
struct FullDiskTests {
  @Test func `a clock that is set back does not keep a lane refusing when there is room again`() throws {
    let simulated = SimulatedPlatform(seed: 81)
    let platform = FaultyPlatform(simulated)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 82)
    _ = try stepped.roll(1, &generator)
    simulated.setCapacity(0)
    #expect(throws: StoreError.self) { _ = try stepped.roll(1, &generator) }
    simulated.setCapacity(1 << 40)
    platform.setClockBack(by: .seconds(3600))
    _ = try stepped.roll(1, &generator)
  }

  /// A store that may hold four small segments.
  private func retaining(_ log: EventLog = EventLog()) -> StoreOptions {
    var options = CrashWorkload.options
    options.retainByteCount = options.retainByteCountMin
    return options.telling(log)
  }

  private func request(_ byteCount: Int) -> GeneratedRequest {
    var generator = RequestGenerator(seed: UInt64(byteCount))
    generator.shape.resources = 1...1
    generator.shape.scopes = 1...1
    generator.shape.spans = 8...8
    generator.shape.textByteCount = byteCount / 10...byteCount / 10
    return generator.request()
  }

  @Test func `a request that fits no retained store is refused for ever, and takes nothing with it`() throws {
    let store = try Store.open(retaining(), platform: SimulatedPlatform(seed: 83))
    defer { store.close() }
    let small = request(40_000)
    try store.append(small.bytes)
    try store.append(request(45_000).bytes)
    let error = try #require(throws: StoreError.self) { try store.append(request(150_000).bytes) }
    #expect(
      error.description.hasSuffix(
        "and the limit of the store's size leaves 131072 for one: send it in parts, or raise the limit "
          + "(--retain-bytes)"), "\(error)")
    #expect(store.statistics().retiredSegmentCount == 0)
    #expect(try store.allSpans().isSuperset(of: small.spans))
    let large = request(110_000)
    try store.append(large.bytes)
    #expect(try store.allSpans().isSuperset(of: large.spans))
  }

  @Test func `want of room for a file made to measure refuses its request, and none that gathered behind it`()
    throws
  {
    let gate = Gate()
    let simulated = SimulatedPlatform(seed: 84)
    let platform = FaultyPlatform(simulated) { operation, path in
      if operation == .sync, path.contains("0001.active") { gate.pass() }
      return nil
    }
    let store = try Store.open(CrashWorkload.options, platform: platform)
    simulated.setCapacity(0)
    let sink = BlockingSink()
    var scratch = AppendScratch()
    gate.close()
    for (token, byteCount) in [1000, 90_000, 2000, 80_000, 3000].enumerated() {
      let append = try store.prepare(RequestBuffer(request(byteCount).bytes), scratch: &scratch)
      try store.submit(append, token: UInt64(token), sink: sink)
      // The others gather while the first is synced.
      if token == 0 { gate.waitUntilReached() }
    }
    gate.open()
    sink.wait(for: 5)
    let isStored = (0..<5).map { sink.outcome(of: $0)?.error == nil }
    #expect(isStored == [true, false, true, false, true])
    guard case .outOfSpace = sink.outcome(of: 1)?.error else {
      Issue.record("\(String(describing: sink.outcome(of: 1)?.error))")
      return
    }
    store.close()
  }

  @Test func `what was written is let go of, and what waits is counted, while later frames are written`()
    throws
  {
    let gate = Gate()
    let platform = FaultyPlatform(SimulatedPlatform(seed: 85)) { operation, path in
      if operation == .sync, path.contains("0001.active") { gate.pass() }
      return nil
    }
    var options = CrashWorkload.options
    options.segmentByteCount = 4 << 20
    options.frameByteCountMax = 100_000
    let store = try Store.open(options, platform: platform)
    let sink = BlockingSink()
    var scratch = AppendScratch()
    gate.close()
    weak var second: PreparedAppend?
    for token in 0..<9 {
      let append = try store.prepare(RequestBuffer(request(40_000).bytes), scratch: &scratch)
      if token == 1 { second = append }
      try store.submit(append, token: UInt64(token), sink: sink)
      if token == 0 { gate.waitUntilReached() }
    }
    let byteCountBefore = store.statistics().queuedByteCount
    // The first alone, and of the others two in each frame.
    gate.letOnePass()
    gate.waitUntilReached()
    #expect(store.statistics().queuedByteCount == byteCountBefore / 8 * 6)
    gate.letOnePass()
    gate.waitUntilReached()
    #expect(second == nil, "a request stays in memory until all that gathered with it are written")
    #expect(store.statistics().queuedByteCount == byteCountBefore / 8 * 4)
    gate.open()
    sink.wait(for: 9)
    store.close()
  }
}
