import SpanEngine
import SpanModel
import SpanTestKit
import Testing

/// What a compaction does with deleted traces, and what becomes of their tombstones.
struct CompactionDeletionTests {
  private static func contains(_ disk: SimulatedDisk, _ span: GeneratedSpan) -> Bool {
    // Its text, which is in no other span: as it came, or as the dictionary has it.
    let needle = Array(span.bytes.suffix(60).prefix(40))
    return disk.paths.contains { path in
      guard let bytes = disk.contents(of: path) else { return false }
      return bytes.indices.dropLast(needle.count).contains {
        bytes[$0..<$0 + needle.count].elementsEqual(needle)
      }
    }
  }

  @Test func `spans of a deleted trace are gone from the disk, and then the tombstone is`() throws {
    let platform = SimulatedPlatform(seed: 501)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 502)
    let requests = try stepped.roll(4, &generator)
    let gone = requests[1].spans[0]
    let kept = Set(requests.flatMap(\.spans).filter { $0.traceID != gone.traceID })
    try stepped.delete(gone.traceID)
    // What is written to when it is deleted has requests from before.
    _ = try stepped.roll(1, &generator)
    while try stepped.sealNext() {}
    #expect(stepped.store.statistics().tombstoneCount == 1)
    let count = stepped.store.segmentSnapshot().sealed.count
    let tally = try #require(try stepped.compact(0..<count))
    #expect(tally.deletedSpanCount > 0)
    #expect(stepped.store.statistics().tombstoneCount == 0)
    #expect(try stepped.store.allSpans().isSuperset(of: kept))
    #expect(try stepped.store.spans(of: gone.traceID).allSatisfy { !requests.flatMap(\.spans).contains($0) })
    let reopened = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(platform.image))
    #expect(try reopened.store.allSpans() == stepped.store.allSpans())
    #expect(!Self.contains(platform.image, gone))
  }

  @Test func `a tombstone stays while one segment from before it was not compacted since`() throws {
    let platform = SimulatedPlatform(seed: 503)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 504)
    let requests = try stepped.roll(5, &generator)
    let gone = requests[0].spans[0].traceID
    try stepped.delete(gone)
    _ = try stepped.roll(1, &generator)
    while try stepped.sealNext() {}
    let count = stepped.store.segmentSnapshot().sealed.count
    _ = try stepped.compact(1..<count)
    #expect(stepped.store.statistics().tombstoneCount == 1)
    _ = try stepped.compact(0..<1)
    #expect(stepped.store.statistics().tombstoneCount == 0)
    let old = Set(requests.flatMap(\.spans).filter { $0.traceID == gone })
    #expect(try old.isDisjoint(with: stepped.store.allSpans()))
  }
}
