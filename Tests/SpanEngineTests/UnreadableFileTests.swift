import SpanEngine
import SpanModel
import SpanTestKit
import SystemPackage
import Testing

/// One bad sector under what every start reads must not close a store.
struct UnreadableFileTests {
  private static let first = "lane-0-0000000000000001"

  /// Three full segments, the last request in a fourth.
  private func store() throws -> (disk: SimulatedDisk, requests: [GeneratedRequest]) {
    let platform = SimulatedPlatform(seed: 51)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 52)
    let requests = try stepped.roll(4, &generator)
    stepped.writeIndexes()
    return (platform.image, requests)
  }

  private func platform(_ disk: SimulatedDisk, unreadable name: String, _ operation: FaultyPlatform.Operation)
    -> FaultyPlatform
  {
    FaultyPlatform(SimulatedPlatform(disk, seed: 53)) { called, path in
      called == operation && path.hasSuffix(name) ? .ioError : nil
    }
  }

  @Test(arguments: [
    ("\(first).active", FaultyPlatform.Operation.read), ("\(first).active", .open), ("lane-0.ledger", .read),
    ("lane-0.ledger", .open), ("\(first).index", .read), ("\(first).index", .open),
  ])
  func `a file that cannot be read is named, and all others are read and written`(
    name: String, operation: FaultyPlatform.Operation
  ) throws {
    let (disk, requests) = try store()
    let isSegment = name.hasSuffix(".active")
    let kept = Set(requests.dropFirst(isSegment ? 1 : 0).flatMap(\.spans))
    let reading = try Store.openReadOnly(
      directory: CrashWorkload.directory, platform: platform(disk, unreadable: name, operation))
    #expect(try reading.allSpans() == kept)
    #expect(reading.damages.map(\.file) == (isSegment ? [name] : []))

    let log = EventLog()
    let faulty = platform(disk, unreadable: name, operation)
    // A ledger that cannot be opened cannot be written either.
    if name == "lane-0.ledger", operation == .open { return }
    let stepped = try SteppedStore(CrashWorkload.options.telling(log), platform: faulty)
    #expect(log.events.contains { $0.description.contains(name) }, "\(log.events)")
    #expect(try stepped.store.allSpans() == kept)
    var generator = RequestGenerator(seed: 54)
    let more = try stepped.roll(2, &generator)
    try stepped.close()
    // The sector was written anew, or is readable again: whatever was not lost is there.
    let again = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(faulty.simulated.image))
    #expect(try again.store.allSpans() == Set((requests + more).flatMap(\.spans)))
  }

  @Test func `verify names a ledger that cannot be read`() throws {
    let (disk, _) = try store()
    let verification = try StoreVerification.verify(
      directory: CrashWorkload.directory, platform: platform(disk, unreadable: "lane-0.ledger", .read))
    #expect(
      verification.damages.map(\.description) == [
        "corrupt bytes in lane-0.ledger at position 0, 4096 bytes: the device reports an input/output error; "
          + "nothing is lost"
      ])
  }

  @Test func `a page far behind a torn frame that cannot be read is evidence that more was written`() throws {
    let platform = SimulatedPlatform(seed: 55)
    var options = CrashWorkload.options
    options.segmentByteCount = 4 << 20
    let stepped = try SteppedStore(options, platform: platform)
    var generator = RequestGenerator(seed: 56)
    for _ in 0..<3 { try stepped.append(generator.request()) }
    var disk = platform.image
    disk.overwrite("data/lane-0.ledger", with: [])
    let path = try #require(disk.paths.first { $0.hasSuffix(".active") })
    var bytes = try #require(disk.contents(of: path))
    let last = try #require(bytes.lastIndex { $0 != 0 }) / 4096 * 4096
    bytes[last + 300] ^= 1
    disk.overwrite(path, with: bytes)
    let torn = try Store.openReadOnly(directory: CrashWorkload.directory, platform: SimulatedPlatform(disk))
    #expect(torn.damages == [])
    let failing = SimulatedPlatform(disk)
    failing.failReads(of: 3 << 20..<3 << 20 + 4096)
    let store = try Store.openReadOnly(directory: CrashWorkload.directory, platform: failing)
    #expect(store.damages.contains { $0.position < 1 << 20 && $0.extent != .nothing }, "\(store.damages)")
  }

  @Test func `neighbouring pages that cannot be read are one damage`() throws {
    let platform = SimulatedPlatform(seed: 57)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 58)
    generator.shape.textByteCount = 40_000...40_000
    try stepped.append(generator.request())
    try stepped.close()
    var disk = platform.image
    disk.removeIndexes()
    let failing = SimulatedPlatform(disk)
    failing.failReads(of: 20_480..<61_440)
    let store = try Store.openReadOnly(directory: CrashWorkload.directory, platform: failing)
    let bodies = store.damages.filter { $0.extent == .body }
    #expect(bodies.count == 1 && bodies[0].byteCount >= 3 * 16_384, "\(store.damages)")
    let pages = store.damages.filter { $0.extent == .nothing }
    #expect(pages.map(\.position) == [20_480] && pages.map(\.byteCount) == [40_960], "\(pages)")
  }
}
