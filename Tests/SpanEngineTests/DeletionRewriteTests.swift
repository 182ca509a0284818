import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// What compaction rewrites because traces in it were deleted, and for no other reason.
struct DeletionRewriteTests {
  private let platform = SimulatedPlatform(seed: 721)

  /// So many requests, each in a sealed segment of its own, but for the last.
  private func sealed(_ count: Int, seed: UInt64) throws -> (SteppedStore, [GeneratedRequest]) {
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: seed)
    let requests = try stepped.roll(count, &generator)
    while try stepped.sealNext() {}
    return (stepped, requests)
  }

  /// A trace of one request that is in no other.
  private func trace(of number: Int, in requests: [GeneratedRequest]) throws -> TraceID {
    let others = Set(requests.indices.filter { $0 != number }.flatMap { requests[$0].spans.map(\.traceID) })
    return try #require(requests[number].spans.map(\.traceID).first { !others.contains($0) })
  }

  private func isGone(_ traceID: TraceID) throws -> Bool {
    try TraceRemains.find(traceID, in: "data", platform: SimulatedPlatform(platform.image)).isGone
  }

  private func spans(_ requests: [GeneratedRequest], without gone: Set<TraceID>) -> Set<GeneratedSpan> {
    Set(requests.flatMap(\.spans).filter { !gone.contains($0.traceID) })
  }

  @Test(arguments: [false, true])
  func `the segment that holds a deleted trace is rewritten, and no other`(isReopened: Bool) throws {
    var (stepped, requests) = try sealed(4, seed: 722)
    let gone = try trace(of: 1, in: requests)
    try stepped.delete(gone)
    if isReopened {
      stepped = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(platform.image))
    }
    let before = stepped.store.segmentSnapshot().sealed.map(\.name)
    let tally = try #require(try stepped.compactNext())
    #expect(tally.deletedSpanCount == UInt64(requests[1].spans.count { $0.traceID == gone }))
    #expect(try stepped.compactNext() == nil)
    let after = stepped.store.segmentSnapshot().sealed.map(\.name)
    #expect(after.count == before.count && Set(after).intersection(before).count == before.count - 1)
    #expect(try stepped.store.allSpans() == spans(requests, without: [gone]))
  }

  @Test func `it is gone from every file once the files of that time are, and so is the tombstone`() throws {
    var options = CrashWorkload.options
    options.rollAge = .seconds(3600)
    let stepped = try SteppedStore(options, platform: platform)
    var generator = RequestGenerator(seed: 723)
    var requests: [GeneratedRequest] = []
    // Their files are used again, so that the next one, the one that is written to and one that waits had
    // others' spans in them.
    for _ in 0..<5 {
      requests += try stepped.roll(1, &generator)
      try stepped.prepareSpare()
      while try stepped.sealNext() {}
    }
    let traces = try (0..<4).map { try trace(of: $0, in: requests) }
    for trace in traces { try stepped.delete(trace) }
    try stepped.prepareSpare()
    platform.advanceClock(by: .seconds(3601))
    #expect(try stepped.rollIfDue())
    try stepped.prepareSpare()
    while try stepped.sealNext() {}
    while try stepped.compactNext() != nil {}
    #expect(stepped.store.statistics().tombstoneCount == 0)
    for trace in traces { #expect(try isGone(trace)) }
    #expect(try stepped.store.allSpans() == spans(requests, without: Set(traces)))
  }

  @Test func `what was searched once is not read again, and a later deletion is looked for`() throws {
    let (stepped, requests) = try sealed(4, seed: 724)
    // Known by nothing but its hash, all is read; a trace that is nowhere.
    try stepped.delete(TraceID(high: .max, low: .max))
    let platform = SimulatedPlatform(platform.image)
    let again = try SteppedStore(CrashWorkload.options, platform: platform)
    #expect(try again.compactNext() == nil)
    #expect(again.store.statistics().tombstoneCount == 1, "what is not sealed may have it")
    let calls = platform.callCount
    #expect(try again.compactNext() == nil)
    #expect(platform.callCount == calls)
    let gone = try trace(of: 2, in: requests)
    try again.delete(gone)
    #expect(try again.compactNext()?.deletedSpanCount ?? 0 > 0)
  }

  @Test func `spans that came after the deletion stay, and are no reason to rewrite`() throws {
    let (stepped, requests) = try sealed(3, seed: 725)
    let gone = try trace(of: 0, in: requests)
    try stepped.delete(gone)
    try stepped.append(requests[0])
    var generator = RequestGenerator(seed: 726)
    let last = try stepped.roll(2, &generator)
    while try stepped.sealNext() {}
    var count: UInt64 = 0
    while let tally = try stepped.compactNext() { count += tally.deletedSpanCount }
    #expect(count == UInt64(requests[0].spans.count { $0.traceID == gone }))
    #expect(stepped.store.statistics().tombstoneCount == 0)
    #expect(try stepped.store.allSpans() == spans(requests + last, without: []))
  }

  @Test func `a segment of which nothing is left goes`() throws {
    let (stepped, requests) = try sealed(3, seed: 727)
    let gone = Set(requests[0].spans.map(\.traceID))
    for trace in gone { try stepped.delete(trace) }
    while try stepped.compactNext() != nil {}
    #expect(try stepped.store.allSpans() == spans(requests, without: gone))
    let sealed = stepped.store.segmentSnapshot().sealed
    #expect(sealed.allSatisfy { $0.footer.spanCount > 0 } && sealed.count <= 1)
  }

  @Test func `whatever is deleted, sealed, compacted and restarted, nothing deleted stays and all else does`()
    throws
  {
    var random = SeededRandom(seed: 728)
    for seed in 0..<UInt64(max(2, 24 / Dose.share)) {
      var platform = SimulatedPlatform(seed: seed)
      var options = CrashWorkload.options
      options.rollAge = .seconds(60)
      var stepped = try SteppedStore(options, platform: platform)
      var generator = RequestGenerator(seed: 1000 + seed)
      // Of each span how many requests had it, and whether the last one is hidden.
      var shown: Set<GeneratedSpan> = []
      var deleted: Set<TraceID> = []
      for _ in 0..<40 {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...4:
          let request = Bool.random(using: &random) ? generator.rollingRequest() : generator.request()
          try stepped.append(request)
          shown.formUnion(request.spans)
          deleted.subtract(request.spans.map(\.traceID))
        case 5, 6:
          guard let trace = shown.randomElement(using: &random)?.traceID else { continue }
          try stepped.delete(trace)
          shown = shown.filter { $0.traceID != trace }
          deleted.insert(trace)
        case 7: _ = try stepped.sealNext()
        case 8: _ = try stepped.compactNext()
        default:
          if Bool.random(using: &random) { try stepped.prepareSpare() }
          if Bool.random(using: &random) { continue }
          platform = SimulatedPlatform(platform.image, seed: random.next())
          stepped = try SteppedStore(options, platform: platform)
        }
      }
      // Twice: the file that comes next was made before the last deletion, and it may be used for one more.
      for _ in 0..<2 {
        let request = generator.request()
        try stepped.append(request)
        shown.formUnion(request.spans)
        deleted.subtract(request.spans.map(\.traceID))
        try stepped.prepareSpare()
        stepped.writeIndexes()
        platform.advanceClock(by: .seconds(61))
        #expect(try stepped.rollIfDue())
      }
      while try stepped.sealNext() {}
      while try stepped.compactNext() != nil {}
      #expect(try stepped.store.allSpans() == shown, "seed \(seed)")
      let image = SimulatedPlatform(platform.image)
      for trace in deleted {
        let remains = try TraceRemains.find(trace, in: "data", platform: image)
        #expect(remains.isGone, "seed \(seed): \(remains.places)")
      }
      #expect(stepped.store.statistics().tombstoneCount == 0, "seed \(seed)")
    }
  }
}
