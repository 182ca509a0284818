import SpanEngine
import SpanModel
import SpanTestKit
import Testing

/// The verdicts of `docs/format.md`: when a frame that is not whole is a torn tail, and when corruption.
struct RecoveryTests {
  private static let frame = 4096

  /// A disk with `count` small requests, a frame each, and how they were left.
  private func disk(
    requests count: Int, witness: Bool = false, closes: Bool = false, ledger: Bool = true
  ) throws -> (disk: SimulatedDisk, spans: [[GeneratedSpan]]) {
    let platform = SimulatedPlatform(seed: 31)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var shape = RequestGenerator.Shape()
    shape.spans = 1...1
    var generator = RequestGenerator(seed: 8, shape: shape)
    let requests = (0..<count).map { _ in generator.request() }
    for request in requests { _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))]) }
    if witness { try stepped.writeWitness() }
    if closes { try stepped.close() }
    var disk = platform.image
    if !ledger { disk.overwrite("data/lane-0.ledger", with: []) }
    return (disk, requests.map(\.spans))
  }

  private func path(_ disk: SimulatedDisk) throws -> String {
    try #require(disk.paths.first { $0.hasSuffix(".active") })
  }

  /// Turns a byte in the payload of the frame with this number.
  private func damage(_ disk: inout SimulatedDisk, frame number: Int) throws {
    let path = try path(disk)
    var bytes = try #require(disk.contents(of: path))
    bytes[number * Self.frame + 300] ^= 1
    disk.overwrite(path, with: bytes)
  }

  private func open(_ disk: SimulatedDisk) throws -> Store {
    try Store.openReadOnly(directory: CrashWorkload.directory, platform: SimulatedPlatform(disk))
  }

  private func found(_ store: Store) throws -> Set<GeneratedSpan> {
    var found: Set<GeneratedSpan> = []
    for id in try store.traceIDs() { found.formUnion(try store.spans(of: id)) }
    return found
  }

  @Test func `a bad last frame that nothing promises is a torn tail`() throws {
    var (disk, spans) = try disk(requests: 3, ledger: false)
    try damage(&disk, frame: 3)
    let store = try open(disk)
    #expect(store.damages == [])
    #expect(try found(store) == Set(spans[..<2].joined()))
  }

  @Test(arguments: [1, 2])
  func `a bad frame that a later one promises is corruption, and the others are kept`(number: Int) throws {
    var (disk, _) = try disk(requests: 3, ledger: false)
    try damage(&disk, frame: number)
    let store = try open(disk)
    #expect(store.damages.count == 1 && store.damages[0].position / 4096 == UInt64(number))
    #expect(store.statistics().requestCount == 3)
  }

  @Test func `a bad last frame is corruption when the ledger names a durable position behind it`() throws {
    var (disk, _) = try disk(requests: 3)
    try damage(&disk, frame: 3)
    #expect(try open(disk).damages.count == 1)
  }

  @Test func `a bad last frame is corruption when the witness of an idle lane stands behind it`() throws {
    var (disk, _) = try disk(requests: 3, witness: true, ledger: false)
    try damage(&disk, frame: 3)
    #expect(try open(disk).damages.count == 1)
  }

  @Test func `a damaged ledger says nothing, and no store fails to open for it`() throws {
    var (disk, spans) = try disk(requests: 3)
    let ledger = try #require(disk.contents(of: "data/lane-0.ledger"))
    disk.overwrite("data/lane-0.ledger", with: ledger.map { ~$0 })
    let store = try open(disk)
    #expect(store.damages == [])
    #expect(try found(store) == Set(spans.joined()))
  }

  @Test func `a damaged header of a record costs that record alone`() throws {
    let platform = SimulatedPlatform(seed: 9)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 3)
    let requests = (0..<6).map { number in
      generator.shape.traceIDs = [TraceID(high: 5, low: UInt64(number + 1))]
      return generator.request()
    }
    let appends = try requests.map { try stepped.prepare(RequestBuffer($0.bytes)) }
    #expect(try stepped.commit(appends[...]) == 6)
    try stepped.close()
    var disk = platform.image
    disk.removeIndexes()
    let path = try path(disk)
    var bytes = try #require(disk.contents(of: path))
    bytes[4096 + 128 + 20] ^= 4
    disk.overwrite(path, with: bytes)
    let store = try open(disk)
    #expect(store.damages.count == 1)
    #expect(try found(store) == Set(requests[1...].flatMap(\.spans)))
  }

  @Test func `a file cut within a frame keeps the records that are whole`() throws {
    let platform = SimulatedPlatform(seed: 9)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 3)
    generator.shape.textByteCount = 300...300
    let requests = (0..<4).map { number in
      generator.shape.traceIDs = [TraceID(high: 5, low: UInt64(number + 1))]
      return generator.request()
    }
    let appends = try requests.map { try stepped.prepare(RequestBuffer($0.bytes)) }
    #expect(try stepped.commit(appends[...]) == 4)
    var disk = platform.image
    let path = try path(disk)
    let bytes = try #require(disk.contents(of: path))
    let end = try #require(bytes.lastIndex { $0 != 0 })
    disk.overwrite(path, with: Array(bytes[..<(end - 10)]))
    let store = try open(disk)
    #expect(!store.damages.isEmpty)
    for request in requests[..<3] {
      #expect(try store.spans(of: request.spans[0].traceID) == request.spans)
    }
  }

  @Test func `a file whose only frame the device cannot read is kept, not taken for empty`() throws {
    let (left, spans) = try disk(requests: 1, ledger: false)
    let path = try path(left)
    let platform = SimulatedPlatform(left, seed: 2)
    platform.failReads(of: Self.frame..<2 * Self.frame)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    try stepped.close()
    let disk = platform.image
    #expect(disk.contents(of: path) == left.contents(of: path))
    #expect(try found(try open(disk)) == Set(spans[0]))
  }

  @Test func `a segment that the ledger names and that is gone is named`() throws {
    var (disk, _) = try disk(requests: 2)
    let path = try path(disk)
    disk.overwrite(path, with: [])
    #expect(try open(disk).damages.count == 1)
    disk.remove(path)
    let damage = try #require(try open(disk).damages.first)
    #expect(damage.description.contains("the file is gone"))
  }

  @Test func `a name that says more than any sequence is reported and harms nothing`() throws {
    var (disk, spans) = try disk(requests: 2)
    disk.put("data/lane-0-ffffffffffffffff.active", [])
    let store = try open(disk)
    #expect(store.damages.count == 1)
    #expect(try found(store) == Set(spans.joined()))
    let stepped = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(disk))
    try stepped.close()
  }

  @Test func `the same segment under another name is reported, not read twice`() throws {
    var (disk, spans) = try disk(requests: 2)
    disk.put("data/lane-1-0000000000000001.active", try #require(disk.contents(of: try path(disk))))
    let store = try open(disk)
    #expect(store.damages.count == 1)
    #expect(try found(store) == Set(spans.joined()) && store.statistics().requestCount == 2)
  }

  @Test func `a file that a crash left cannot lose frames once a later file remembers its end`() throws {
    let (left, spans) = try disk(requests: 3, ledger: false)
    let platform = SimulatedPlatform(left, seed: 5)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 77)
    _ = try stepped.commit([try stepped.prepare(RequestBuffer(generator.request().bytes))])
    var disk = platform.image
    disk.overwrite("data/lane-0.ledger", with: [])
    let path = try path(disk)
    let bytes = try #require(disk.contents(of: path))
    disk.overwrite(path, with: Array(bytes[..<(3 * Self.frame)]))
    let store = try open(disk)
    #expect(!store.damages.isEmpty)
    #expect(try found(store).isSuperset(of: spans[..<2].joined()))
  }

  @Test func `a file the lane went on from must end with its closing frame`() throws {
    let platform = SimulatedPlatform(seed: 6)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 7)
    generator.shape.textByteCount = 2000...2000
    while platform.image.paths.count(where: { $0.hasSuffix(".active") }) < 2 {
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(generator.request().bytes))])
    }
    var disk = platform.image
    disk.overwrite("data/lane-0.ledger", with: [])
    let path = try path(disk)
    let bytes = try #require(disk.contents(of: path))
    // The closing frame is the last that begins with a frame's magic number.
    let frames = stride(from: 4096, to: bytes.count, by: 4096).filter {
      bytes[$0] == 0x53 && bytes[$0 + 1] == 0x50
    }
    let last = try #require(frames.last)
    var cut = bytes
    cut.replaceSubrange(last..<last + 4096, with: repeatElement(0, count: 4096))
    disk.overwrite(path, with: cut)
    #expect(!(try open(disk).damages.isEmpty))
  }
}
