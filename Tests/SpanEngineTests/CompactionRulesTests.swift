import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import Testing

/// What a compaction leaves out, and what it keeps although nobody asked.
struct CompactionRulesTests {
  private static let traceCount = 20

  /// A store with sealed segments and an active one over all of which its traces are spread.
  private static func store(_ platform: SimulatedPlatform, seed: UInt64) throws -> (
    SteppedStore, [GeneratedRequest]
  ) {
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var shape = RequestGenerator.Shape()
    shape.textByteCount = 800...900
    shape.traceIDs = (1...UInt64(traceCount)).map { TraceID(high: 3, low: $0) }
    var generator = RequestGenerator(seed: seed, shape: shape)
    let requests = (0..<30).map { _ in generator.request() }
    for request in requests { try stepped.append(request) }
    while try stepped.sealNext() {}
    return (stepped, requests)
  }

  private static func rules(_ texts: String..., settle: Duration = .zero) throws -> CompactionRules {
    var rules = CompactionRules()
    rules.settle = settle
    rules.keep(try KeepRules(texts.map { try KeepRule(parsing: $0) }))
    return rules
  }

  private static func compactAll(_ stepped: SteppedStore, _ rules: CompactionRules) throws -> CompactionTally?
  {
    try stepped.compact(0..<stepped.store.segmentSnapshot().sealed.count, rules)
  }

  @Test(arguments: [1 << 20, 1000])
  func `a trace is kept whole when a rule is true of any of its spans, wherever that is`(
    heldByteCountMax: Int
  )
    throws
  {
    let platform = SimulatedPlatform(seed: 301)
    let (stepped, requests) = try Self.store(platform, seed: 302)
    let spans = requests.flatMap(\.spans)
    // A span that is not sealed keeps its trace, by its name alone.
    let last = requests[requests.count - 1].spans[0]
    let name = try #require(Self.name(of: last))
    var rules = try Self.rules("trace = \(spans[0].traceID)", "name = \"\(name)\"")
    rules.heldByteCountMax = heldByteCountMax
    let tally = try #require(try Self.compactAll(stepped, rules))
    #expect(tally.judgedTraceCount > 0 && tally.judgedSpanCount > 0)
    let kept: Set<TraceID> = [spans[0].traceID, last.traceID]
    let found = try stepped.store.allSpans()
    #expect(found.isSuperset(of: spans.filter { kept.contains($0.traceID) }))
    let storedCount = stepped.store.statistics().storedSpanCount
    #expect(UInt64(spans.count) - storedCount == tally.judgedSpanCount)
    #expect(found.count == spans.count - Int(tally.judgedSpanCount))
  }

  @Test func `a trace whose newest record is young is kept unjudged, though that is not sealed`() throws {
    let platform = SimulatedPlatform(seed: 303)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 304)
    generator.shape.traceIDs = [TraceID(high: 1, low: 1), TraceID(high: 1, low: 2)]
    generator.shape.textByteCount = 800...900
    for _ in 0..<20 { try stepped.append(generator.request()) }
    while try stepped.sealNext() {}
    platform.advanceClock(by: .seconds(3600))
    generator.shape.traceIDs = [TraceID(high: 1, low: 2)]
    generator.shape.textByteCount = 0...10
    try stepped.append(generator.request())
    let before = try stepped.store.allSpans()
    let tally = try #require(
      try Self.compactAll(stepped, try Self.rules("error", settle: .seconds(600))))
    #expect(tally.judgedTraceCount == 1 && tally.unjudgedTraceCount == 1)
    let found = try stepped.store.allSpans()
    #expect(found.filter { $0.traceID.low == 2 } == before.filter { $0.traceID.low == 2 })
  }

  @Test func `what arrived before is left out, of a trace that goes on too`() throws {
    let platform = SimulatedPlatform(seed: 305)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 306)
    let old = try stepped.roll(3, &generator)
    platform.advanceClock(by: .seconds(3600))
    let new = try stepped.roll(3, &generator)
    while try stepped.sealNext() {}
    var rules = CompactionRules()
    rules.dropsArrivedBefore = Timestamp(nanoseconds: platform.now().nanoseconds - 1_000_000_000_000)
    let tally = try #require(try Self.compactAll(stepped, rules))
    #expect(tally.oldSpanCount == 21)
    #expect(try stepped.store.allSpans() == Set(new.flatMap(\.spans)).subtracting(old.flatMap(\.spans)))
  }

  @Test func `segments of which nothing is left go, and so does the one that says so`() throws {
    let platform = SimulatedPlatform(seed: 307)
    let (stepped, _) = try Self.store(platform, seed: 308)
    let sealedCount = stepped.store.segmentSnapshot().sealed.count
    #expect(sealedCount > 1)
    var rules = CompactionRules()
    rules.dropsArrivedBefore = Timestamp(nanoseconds: platform.now().nanoseconds + 1)
    let tally = try #require(try Self.compactAll(stepped, rules))
    #expect(tally.keptSpanCount == 0 && tally.oldSpanCount > 0)
    #expect(!platform.image.paths.contains { $0.hasSuffix(".sealed") })
    #expect(stepped.store.segmentSnapshot().sealed.isEmpty)
    let reopened = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(platform.image))
    #expect(reopened.store.damages == [])
    #expect(reopened.store.statistics().storedSpanCount == stepped.store.statistics().storedSpanCount)
  }

  /// The text of field 5.
  private static func name(of span: GeneratedSpan) -> String? {
    // Both ids stand before it, with their tags and lengths.
    let start = 18 + 10
    guard span.bytes.count > start + 3, span.bytes[start] == 0x2a else { return nil }
    let isLong = span.bytes[start + 1] >= 0x80
    let count =
      isLong
      ? Int(span.bytes[start + 1] & 0x7f) | Int(span.bytes[start + 2]) << 7 : Int(span.bytes[start + 1])
    return String(decoding: span.bytes[(start + (isLong ? 3 : 2))...].prefix(count), as: UTF8.self)
  }
}
