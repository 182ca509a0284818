import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// Segments that go because of their age.
struct RetentionAgeTests {
  private static let hour = Duration.seconds(3600)

  private static var options: StoreOptions {
    var options = CrashWorkload.options
    options.retainAge = hour * 24
    return options
  }

  private let platform = SimulatedPlatform(seed: 711)

  /// A request every two hours, each of which fills a file.
  private func requests(_ stepped: SteppedStore, _ count: Int, seed: UInt64) throws -> [GeneratedRequest] {
    var generator = RequestGenerator(seed: seed)
    return try (0..<count).map { _ in
      platform.advanceClock(by: Self.hour * 2)
      return try stepped.roll(1, &generator)[0]
    }
  }

  private func spans(_ requests: some Sequence<GeneratedRequest>) -> Set<GeneratedSpan> {
    Set(requests.flatMap(\.spans))
  }

  @Test(arguments: [0, 2, 9])
  func `what is older than what is kept goes, sealed or full, and nothing younger does`(sealedCount: Int)
    throws
  {
    let stepped = try SteppedStore(Self.options, platform: platform)
    let requests = try requests(stepped, 10, seed: 712)
    for _ in 0..<sealedCount { _ = try stepped.sealNext() }
    try stepped.retireOld()
    #expect(try stepped.store.allSpans() == spans(requests))
    for goneCount in 1...9 {
      // The first arrived 18 hours before the last.
      platform.advanceClock(by: Self.hour * (goneCount == 1 ? 7 : 2))
      try stepped.retireOld()
      #expect(try stepped.store.allSpans() == spans(requests.dropFirst(goneCount)))
      let statistics = stepped.store.statistics()
      #expect(statistics.agedSegmentCount == UInt64(goneCount))
      #expect(statistics.retiredSegmentCount == UInt64(goneCount))
      #expect(statistics.storedSpanCount == UInt64(spans(requests.dropFirst(goneCount)).count))
    }
    platform.advanceClock(by: Self.hour * 1000)
    try stepped.retireOld()
    #expect(try stepped.store.allSpans() == spans(requests.suffix(1)), "the active segment goes never")
    for image in [platform.image, platform.image.afterPowerLoss] {
      let again = try SteppedStore(Self.options, platform: SimulatedPlatform(image))
      #expect(again.store.damages == [])
      #expect(try again.store.allSpans() == spans(requests.suffix(1)))
    }
  }

  @Test func `a store that was opened again knows when its full segments' records arrived`() throws {
    var stepped = try SteppedStore(Self.options, platform: platform)
    let requests = try requests(stepped, 4, seed: 713)
    stepped.writeIndexes()
    stepped = try SteppedStore(Self.options, platform: SimulatedPlatform(platform.image))
    // Its clock stands where the other's stood when it was made.
    #expect(try stepped.store.allSpans() == spans(requests))
    let later = SimulatedPlatform(platform.image)
    later.advanceClock(by: Self.hour * 29)
    stepped = try SteppedStore(Self.options, platform: later)
    try stepped.retireOld()
    #expect(try stepped.store.allSpans() == spans(requests.dropFirst(2)))
  }

  @Test func `of an index that does not say it, the time counts from when the store was opened`() throws {
    let first = try SteppedStore(Self.options, platform: platform)
    let requests = try requests(first, 3, seed: 714)
    first.writeIndexes()
    var disk = platform.image
    for path in disk.paths where path.hasSuffix(".index") {
      var bytes = try #require(disk.contents(of: path))
      bytes.replaceSubrange(144..<152, with: repeatElement(0, count: 8))
      let checksum = bytes[..<4092].withUnsafeBytes { CRC32C.checksum($0) }
      bytes.replaceSubrange(4092..<4096, with: withUnsafeBytes(of: checksum.littleEndian, Array.init))
      disk.overwrite(path, with: bytes)
    }
    let later = SimulatedPlatform(disk)
    later.advanceClock(by: Self.hour * 100)
    let stepped = try SteppedStore(Self.options, platform: later)
    #expect(stepped.store.damages == [])
    try stepped.retireOld()
    // The last was never full, and its file was read.
    #expect(try stepped.store.allSpans() == spans(requests.dropLast()))
    later.advanceClock(by: Self.hour * 25)
    try stepped.retireOld()
    #expect(try stepped.store.allSpans().isEmpty)
    #expect(try StoreVerification.verify(directory: "data", platform: SimulatedPlatform(disk)).isWhole)
  }

  @Test func `a deletion outlives the file its tombstone was in`() throws {
    let stepped = try SteppedStore(Self.options, platform: platform)
    let old = try requests(stepped, 1, seed: 715)
    platform.advanceClock(by: Self.hour * 12)
    let young = try requests(stepped, 1, seed: 716)
    // Into the file of the younger, and from there on with every file that goes.
    try stepped.delete(young[0].spans[0].traceID)
    let hidden = Set(young[0].spans.filter { $0.traceID == young[0].spans[0].traceID })
    let last = try requests(stepped, 2, seed: 717)
    platform.advanceClock(by: Self.hour * 9)
    try stepped.retireOld()
    let shown = spans(young + last).subtracting(hidden)
    #expect(try stepped.store.allSpans() == shown)
    #expect(!old.isEmpty)
    let again = try SteppedStore(Self.options, platform: SimulatedPlatform(platform.image))
    #expect(try again.store.allSpans() == shown)
  }

  @Test func `what is being sealed goes when it is sealed`() throws {
    let held = HeldStore()
    let faulty = FaultyPlatform(platform) { operation, path in
      if operation == .open, path.hasSuffix(".sealed.tmp"), let stepped = held.store {
        held.store = nil
        do { try stepped.retireOld() } catch { Issue.record(error) }
      }
      return nil
    }
    let stepped = try SteppedStore(Self.options, platform: faulty)
    let requests = try requests(stepped, 3, seed: 718)
    platform.advanceClock(by: Self.hour * 100)
    held.store = stepped
    #expect(try stepped.sealNext())
    #expect(held.store == nil)
    // The other full one went meanwhile.
    #expect(stepped.store.statistics().agedSegmentCount == 1)
    #expect(stepped.store.statistics().sealedSegmentCount == 1)
    try stepped.retireOld()
    let statistics = stepped.store.statistics()
    #expect(statistics.agedSegmentCount == 2 && statistics.sealedSegmentCount == 0)
    #expect(try stepped.store.allSpans() == spans(requests.suffix(1)))
    #expect(statistics.storedSpanCount == UInt64(spans(requests.suffix(1)).count))
  }

  @Test func `what arrived far apart is not brought into one segment, so that it need not wait for it`()
    throws
  {
    for retainAge in [nil, Self.hour * 24] {
      var options = Self.options
      options.retainAge = retainAge
      let platform = SimulatedPlatform(seed: 719)
      let stepped = try SteppedStore(options, platform: platform)
      var generator = RequestGenerator(seed: 720)
      // Five a day apart from five others.
      for number in 0..<11 {
        platform.advanceClock(by: number == 5 ? Self.hour * 20 : .seconds(60))
        _ = try stepped.roll(1, &generator)
      }
      while try stepped.sealNext() {}
      while try stepped.compactNext() != nil {}
      let sealed = stepped.store.segmentSnapshot().sealed
      let apart = sealed.map { segment in
        Duration.nanoseconds(
          Int64(segment.footer.lastArrival.nanoseconds - segment.footer.firstArrival.nanoseconds))
      }
      if retainAge == nil {
        #expect(apart.contains { $0 > Self.hour * 3 })
      } else {
        #expect(apart.allSatisfy { $0 <= Self.hour * 3 } && sealed.count == 2)
      }
    }
  }
}

private final class HeldStore: @unchecked Sendable {
  // SAFETY: one thread.
  var store: SteppedStore?
}
