import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import SpanWire
import SystemPackage
import Testing

struct CompactionTests {
  private static func sealed(_ platform: SimulatedPlatform, seed: UInt64, segments: Int = 5) throws
    -> (SteppedStore, [GeneratedRequest])
  {
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: seed)
    let requests = try stepped.roll(segments + 1, &generator)
    while try stepped.sealNext() {}
    #expect(stepped.store.statistics().sealedSegmentCount == segments)
    return (stepped, requests)
  }

  private static func sealedNames(_ platform: SimulatedPlatform) -> [String] {
    platform.image.paths.filter { $0.hasSuffix(".sealed") }
  }

  @Test func `what was in many segments is in one, and their files are gone`() throws {
    let platform = SimulatedPlatform(seed: 201)
    let (stepped, requests) = try Self.sealed(platform, seed: 202)
    let tally = try #require(try stepped.compact(0..<5))
    #expect(tally.readSpanCount == 35 && tally.keptSpanCount == 35)
    #expect(Self.sealedNames(platform).count == 1)
    #expect(try stepped.store.allSpans() == Set(requests.flatMap(\.spans)))
    let statistics = stepped.store.statistics()
    #expect(statistics.storedSpanCount == 42 && statistics.compactedSegmentCount == 5)
    let reopened = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(platform.image))
    #expect(try reopened.store.allSpans() == Set(requests.flatMap(\.spans)))
    #expect(reopened.store.damages == [])
  }

  @Test func `spans that came twice are kept once, by their first arrival`() throws {
    let platform = SimulatedPlatform(seed: 203)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 204)
    let first = generator.rollingRequest()
    for _ in 0..<3 { try stepped.append(first) }
    try stepped.append(generator.rollingRequest())
    while try stepped.sealNext() {}
    #expect(stepped.store.statistics().storedSpanCount == 28)
    let tally = try #require(try stepped.compact(0..<3))
    #expect(tally.copyCount == 14 && tally.keptSpanCount == 7)
    let sealed = try #require(stepped.store.segmentSnapshot().sealed.first)
    #expect(sealed.footer.recordCount == 1 && sealed.footer.firstRecord == RecordSequence(1))
    #expect(stepped.store.statistics().storedSpanCount == 14)
    let trace = first.spans[0].traceID
    #expect(try Set(stepped.store.spans(of: trace)) == Set(first.spans.filter { $0.traceID == trace }))
  }

  @Test func `the same inputs give the same bytes`() throws {
    let platform = SimulatedPlatform(seed: 205)
    _ = try Self.sealed(platform, seed: 206)
    let files = try (0..<2).map { _ in
      let copy = SimulatedPlatform(platform.image)
      let stepped = try SteppedStore(CrashWorkload.options, platform: copy)
      _ = try stepped.compact(0..<5)
      let name = try #require(Self.sealedNames(copy).first)
      return try #require(copy.image.contents(of: name))
    }
    #expect(files[0] == files[1])
  }

  @Test func `four of a size are merged by themselves, and a large one is left alone`() throws {
    let platform = SimulatedPlatform(seed: 207)
    let (stepped, requests) = try Self.sealed(platform, seed: 208, segments: 8)
    #expect(stepped.store.statistics().compactionDebtByteCount > 0)
    #expect(try stepped.compactNext()?.readSpanCount == 56)
    #expect(try stepped.compactNext() == nil)
    #expect(stepped.store.statistics().compactionDebtByteCount == 0)
    var generator = RequestGenerator(seed: 209)
    let more = try stepped.roll(4, &generator)
    while try stepped.sealNext() {}
    // Eight that became one, and four of an eighth of its size: those four.
    #expect(try stepped.compactNext()?.readSpanCount == 28)
    #expect(try stepped.store.allSpans() == Set((requests + more).flatMap(\.spans)))
  }

  @Test func `a full disk leaves all as it was, and compaction goes on when there is room`() throws {
    let platform = SimulatedPlatform(seed: 210)
    let (stepped, requests) = try Self.sealed(platform, seed: 211)
    let names = Self.sealedNames(platform)
    platform.setCapacity(0)
    #expect(throws: StoreError.self) { try stepped.compact(0..<5) }
    #expect(Self.sealedNames(platform) == names)
    #expect(!platform.image.paths.contains { $0.hasSuffix(".sealed.tmp") })
    #expect(try stepped.store.allSpans() == Set(requests.flatMap(\.spans)))
    platform.setCapacity(1 << 40)
    #expect(try stepped.compact(0..<5)?.readSpanCount == 35)
  }

  @Test func `damage in an input keeps its file, and the others are merged without it`() throws {
    let platform = SimulatedPlatform(seed: 212)
    let log = EventLog()
    var options = CrashWorkload.options
    options = options.telling(log)
    do { _ = try Self.sealed(platform, seed: 213, segments: 9) }
    var disk = platform.image
    let name = try #require(Self.sealedNames(platform).first)
    var bytes = try #require(disk.contents(of: name))
    bytes[5000] ^= 1
    disk.overwrite(name, with: bytes)
    let damaged = SimulatedPlatform(disk)
    let stepped = try SteppedStore(options, platform: damaged)
    #expect(throws: StoreError.self) { try stepped.compactNext() }
    #expect(Self.sealedNames(damaged).count == 9)
    #expect(try stepped.compactNext()?.readSpanCount == 56)
    #expect(Self.sealedNames(damaged).count == 2 && Self.sealedNames(damaged).contains(name))
  }

  @Test func `an input that retention takes meanwhile does not come back`() throws {
    let simulated = SimulatedPlatform(seed: 214)
    let held = HeldStore()
    let platform = FaultyPlatform(simulated) { operation, path in
      // All is merged, and right then a file is to be made.
      if operation == .sync, path.hasSuffix(".sealed.tmp"), let stepped = held.take() {
        do { try stepped.prepareSpare() } catch { Issue.record(error) }
      }
      return nil
    }
    var options = CrashWorkload.options
    do { _ = try Self.sealed(simulated, seed: 215, segments: 6) }
    options.retainByteCount = options.retainByteCountMin
    let stepped = try SteppedStore(options, platform: platform)
    // Opening has retired some already.
    let count = stepped.store.segmentSnapshot().sealed.count
    let retiredCount = stepped.store.statistics().retiredSegmentCount
    held.store = stepped
    #expect(try stepped.compact(0..<count) == nil)
    let statistics = stepped.store.statistics()
    #expect(statistics.retiredSegmentCount > retiredCount && statistics.compactedSegmentCount == 0)
    #expect(Self.sealedNames(simulated).count == Int(statistics.sealedSegmentCount))
    #expect(!simulated.image.paths.contains { $0.hasSuffix(".sealed.tmp") })
  }
}

private final class HeldStore: @unchecked Sendable {
  // SAFETY: one thread.
  var store: SteppedStore?

  func take() -> SteppedStore? {
    defer { store = nil }
    return store
  }
}
