import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import SpanWire
import SystemPackage
import Testing

/// Traces that are deleted, step by step.
struct DeletionTests {
  private let platform = SimulatedPlatform(seed: 111)
  private let deleted = TraceID(high: 70, low: 1)
  private let other = TraceID(high: 70, low: 2)

  private func open(
    _ platform: SimulatedPlatform? = nil, lanes: Int = 1, _ change: (inout StoreOptions) -> Void = { _ in }
  ) throws -> SteppedStore {
    var options = CrashWorkload.options
    options.laneCount = lanes
    change(&options)
    return try SteppedStore(options, platform: platform ?? self.platform)
  }

  private func request(_ seed: UInt64, of traceIDs: [TraceID], textByteCount: Int = 20) -> GeneratedRequest {
    var shape = RequestGenerator.Shape()
    shape.traceIDs = traceIDs
    shape.textByteCount = textByteCount...textByteCount
    shape.resources = 1...1
    shape.scopes = 1...1
    shape.spans = 7...7
    var generator = RequestGenerator(seed: seed, shape: shape)
    // By chance, one of all of them.
    while true {
      let request = generator.request()
      if Set(request.spans.map(\.traceID)).count == traceIDs.count { return request }
    }
  }

  @Test func `a deleted trace is found by no read and no walk over all, and others are as before`() throws {
    let stepped = try open()
    let requests = [request(1, of: [deleted, other]), request(2, of: [deleted]), request(3, of: [other])]
    for request in requests { try stepped.append(request) }
    try stepped.delete(deleted)
    #expect(try stepped.store.spans(of: deleted) == [])
    #expect(try stepped.store.traceIDs() == [other])
    let expected = requests.flatMap(\.spans).filter { $0.traceID == other }
    #expect(try Set(stepped.store.spans(of: other)) == Set(expected))
    #expect(stepped.store.statistics().tombstoneCount == 1)
    #expect(stepped.store.statistics().deletionCount == 1)
  }

  @Test(arguments: ["closed", "killed", "power lost", "killed without indexes"])
  func `a deletion outlasts the process, and spans that came later too`(end: String) throws {
    let later = request(3, of: [deleted])
    do {
      let stepped = try open()
      try stepped.append(request(1, of: [deleted, other]))
      try stepped.delete(deleted)
      try stepped.append(later)
      // A full segment, whose index file is all that is read of it.
      var generator = RequestGenerator(seed: 4)
      _ = try stepped.roll(3, &generator)
      stepped.writeIndexes()
      if end == "closed" { try stepped.close() }
    }
    var disk = end == "power lost" ? platform.image.afterPowerLoss : platform.image
    if end == "killed without indexes" { disk.removeIndexes() }
    let restarted = SimulatedPlatform(disk, seed: 112)
    for _ in 0..<2 {
      let stepped = try open(restarted)
      #expect(try stepped.store.spans(of: deleted) == later.spans)
      #expect(stepped.store.damages == [])
    }
    let offline = try Store.openReadOnly(directory: CrashWorkload.directory, platform: restarted)
    #expect(try offline.spans(of: deleted) == later.spans)
  }

  @Test func `each of several deletions hides what came since the one before`() throws {
    let stepped = try open()
    for seed in 1...4 {
      let request = request(UInt64(seed), of: [deleted])
      try stepped.append(request)
      #expect(try stepped.store.spans(of: deleted) == request.spans)
      let hidden = try stepped.delete(deleted)
      #expect(hidden.upperBound.rawValue - hidden.lowerBound.rawValue <= 2 || seed == 1)
      #expect(try stepped.store.spans(of: deleted) == [])
    }
    #expect(stepped.store.statistics().tombstoneCount == 1, "the newest hides all that others do")
  }

  @Test func `a deletion hides what any lane was acked before, and nothing that any gets after`() throws {
    let stepped = try open(lanes: 3)
    let requests = (0..<9).map { request(UInt64($0), of: [deleted]) }
    for lane in 0..<3 { try stepped.append(requests[lane], lane: lane) }
    try stepped.delete(deleted, lane: 1)
    #expect(try stepped.store.spans(of: deleted) == [])
    for lane in 0..<3 { try stepped.append(requests[3 + lane], lane: lane) }
    #expect(try Set(stepped.store.spans(of: deleted)) == Set(requests[3..<6].flatMap(\.spans)))
    let again = try open(lanes: 1)
    #expect(try Set(again.store.spans(of: deleted)) == Set(requests[3..<6].flatMap(\.spans)))
    try again.delete(deleted)
    #expect(try again.store.traceIDs() == [])
  }

  @Test(arguments: [Durability.operatingSystem, .interval(.seconds(1))])
  func `a deletion is on the disk when it is answered, whatever appends are promised`(durability: Durability)
    throws
  {
    let stepped = try open { $0.durability = durability }
    try stepped.append(request(1, of: [deleted, other]))
    try stepped.delete(deleted)
    let after = try open(SimulatedPlatform(platform.image.afterPowerLoss))
    #expect(try after.store.traceIDs() == [other])
  }

  @Test func `a read that began before a deletion goes on as it began`() throws {
    let stepped = try open()
    let request = request(1, of: [deleted])
    try stepped.append(request)
    let walk = TraceIDWalk(stepped.store)
    try stepped.delete(deleted)
    #expect(try walk.rest() == [deleted])
    #expect(try stepped.store.traceIDs() == [])
  }

  @Test func `neither the deletion of a trace nor its hash names it`() throws {
    let stepped = try open()
    let absent = TraceID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
    try stepped.append(request(1, of: [other]))
    try stepped.delete(absent)
    for path in platform.image.paths {
      let bytes = platform.image.contents(of: path) ?? []
      #expect(!bytes.contains(absent.high) && !bytes.contains(absent.high.byteSwapped), "\(path)")
    }
  }
}

// MARK: Counts and copies

extension DeletionTests {
  @Test func `a deletion counts what it hid, equal spans once, and nothing is noted of what is not there`()
    throws
  {
    let store = try Store.open(CrashWorkload.options, platform: platform)
    defer { store.close() }
    let first = request(1, of: [deleted, other])
    for _ in 0..<2 { try store.append(first.bytes) }
    let count = first.spans.count { $0.traceID == deleted }
    #expect(try TraceDeletion(store: store, traceID: TraceID(high: 70, low: 3)).run() == 0)
    #expect(store.statistics().tombstoneCount == 0)
    #expect(try TraceDeletion(store: store, traceID: deleted).run() == UInt64(count))
    #expect(try TraceDeletion(store: store, traceID: deleted).run() == 0)
    let second = request(2, of: [deleted])
    try store.append(second.bytes)
    #expect(try TraceDeletion(store: store, traceID: deleted).run() == UInt64(second.spans.count))
    #expect(store.statistics().deletionCount == 2)
  }

  /// A closed store with a deleted trace and its index file's path.
  private func closed() throws -> (disk: SimulatedDisk, index: String, other: [GeneratedSpan]) {
    let stepped = try open()
    try stepped.append(request(1, of: [deleted, other]))
    try stepped.delete(deleted)
    try stepped.append(request(2, of: [other]))
    let spans = try stepped.store.spans(of: other)
    try stepped.close()
    return (platform.image, try #require(platform.image.paths.first { $0.hasSuffix(".index") }), spans)
  }

  @Test func `a flipped bit of an index file brings no deleted trace back and hides no other`() throws {
    let (disk, path, spans) = try closed()
    let bytes = try #require(disk.contents(of: path))
    for byte in stride(from: 0, to: bytes.count, by: Dose.share) {
      for bit in 0..<8 {
        var mutant = bytes
        mutant[byte] ^= 1 << bit
        var damaged = disk
        damaged.overwrite(path, with: mutant)
        let store = try Store.openReadOnly(
          directory: CrashWorkload.directory, platform: SimulatedPlatform(damaged))
        #expect(try store.spans(of: deleted) == [], "bit \(bit) of byte \(byte)")
        #expect(try store.spans(of: other) == spans, "bit \(bit) of byte \(byte)")
      }
    }
  }

  @Test func `what a tombstone says has a second copy in the index, and verify holds them together`() throws {
    let (disk, path, spans) = try closed()
    let segment = try #require(disk.paths.first { $0.hasSuffix(".active") })
    let bytes = try #require(disk.contents(of: segment))
    // The second frame is the tombstone's.
    var mutant = bytes
    for byte in 8192 + 128..<8192 + 300 { mutant[byte] ^= 0x55 }
    var damaged = disk
    damaged.overwrite(segment, with: mutant)
    let simulated = SimulatedPlatform(damaged)
    let store = try Store.openReadOnly(directory: CrashWorkload.directory, platform: simulated)
    #expect(try store.spans(of: deleted) == [])
    #expect(try store.spans(of: other) == spans)
    let verification = try StoreVerification.verify(directory: CrashWorkload.directory, platform: simulated)
    #expect(!verification.isWhole)
    // Without the index the damage is named; what it cost is too.
    damaged.overwrite(path, with: [])
    let without = try Store.openReadOnly(
      directory: CrashWorkload.directory, platform: SimulatedPlatform(damaged))
    #expect(!without.damages.isEmpty)
  }

  @Test func `a damaged tombstone is named with what that means`() throws {
    let (disk, path, _) = try closed()
    let segment = try #require(disk.paths.first { $0.hasSuffix(".active") })
    var mutant = try #require(disk.contents(of: segment))
    // Its body stands behind the frame's header, its own, and one checksum.
    mutant[8192 + 128 + 96 + 8] ^= 1
    var damaged = disk
    damaged.overwrite(segment, with: mutant)
    damaged.overwrite(path, with: [])
    let store = try Store.openReadOnly(
      directory: CrashWorkload.directory, platform: SimulatedPlatform(damaged))
    #expect(store.damages.map(\.extent) == [.tombstone])
    #expect(store.damages[0].description.hasSuffix("; a trace that was deleted can be read again"))
  }

  @Test func `an index file of a release that knew no tombstones is used as it is`() throws {
    let stepped = try open()
    try stepped.append(request(1, of: [other]))
    try stepped.close()
    var disk = platform.image
    let path = try #require(disk.paths.first { $0.hasSuffix(".index") })
    var bytes = try #require(disk.contents(of: path))
    #expect(bytes[136] == 1)
    bytes[136] = 0
    let checksum = bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[..<4092])) }
    for place in 0..<4 { bytes[4092 + place] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * place)) }
    disk.overwrite(path, with: bytes)
    let old = SimulatedPlatform(disk)
    #expect(try StoreVerification.verify(directory: CrashWorkload.directory, platform: old).isWhole)
    let log = EventLog()
    let again = try open(old) { $0 = $0.telling(log) }
    #expect(try again.store.traceIDs() == [other])
    #expect(!log.events.contains { if case .indexRebuilt = $0 { true } else { false } })
    try again.delete(other)
    #expect(try open(old).store.traceIDs() == [])
  }
}

// MARK: A full disk

extension DeletionTests {
  @Test func `on a full disk traces are deleted as long as the reserve lasts, and then said not to be`()
    throws
  {
    let stepped = try open()
    var generator = RequestGenerator(seed: 9)
    try stepped.append(request(1, of: [deleted, other]))
    platform.setCapacity(0)
    while (try? stepped.append(generator.rollingRequest(textByteCount: 100))) != nil {}
    try stepped.delete(deleted)
    #expect(try stepped.store.spans(of: deleted) == [])
    // The page that is kept for the closing frame is not given away.
    #expect(throws: StoreError.self) { for _ in 0..<3 { try stepped.delete(other) } }
    let rest = try stepped.store.spans(of: other)
    try stepped.close()
    platform.setCapacity(1 << 40)
    let again = try open()
    #expect(again.store.damages == [])
    #expect(try again.store.spans(of: other) == rest)
    #expect(try again.store.spans(of: deleted) == [])
  }

  @Test func `behind the reserve of a file, deletions get files of their own from that of the store`() throws
  {
    let stepped = try open()
    let ids = (1...6).map { TraceID(high: 8, low: $0) }
    for id in ids { try stepped.append(request(id.low, of: [id])) }
    let taken = platform.image.paths.reduce(0) { $0 + (platform.image.contents(of: $1)?.count ?? 0) }
    // Less than is left free for a file of ordinary size.
    platform.setCapacity(UInt64(taken + CrashWorkload.options.segmentByteCount))
    var generator = RequestGenerator(seed: 10)
    while (try? stepped.append(generator.rollingRequest(textByteCount: 100))) != nil {}
    for id in ids.dropLast() { try stepped.delete(id) }
    #expect(stepped.store.statistics().fullSegmentCount > 2)
    let found = try Set(stepped.store.traceIDs())
    #expect(found.isDisjoint(with: ids.dropLast()) && found.contains(ids[5]))
    let again = try open(SimulatedPlatform(platform.image.afterPowerLoss))
    #expect(try Set(again.store.traceIDs()) == found)
    #expect(again.store.damages == [])
  }

  @Test func `requests that are refused for want of space take no deletion with them`() throws {
    let gate = Gate()
    let platform = FaultyPlatform(platform) { operation, path in
      if operation == .sync, path.contains("0001.active") { gate.pass() }
      return nil
    }
    let store = try Store.open(CrashWorkload.options, platform: platform)
    self.platform.setCapacity(0)
    let sink = BlockingSink()
    var scratch = AppendScratch()
    gate.close()
    // The first fills most of the file; the others gather while it is synced.
    for (token, byteCount) in [5000, 5000, 0, 5000].enumerated() {
      if byteCount == 0 {
        try store.submit(store.prepareDeletion(of: deleted), token: UInt64(token), sink: sink)
      } else {
        let request = request(UInt64(token), of: [deleted, other], textByteCount: byteCount)
        let append = try store.prepare(RequestBuffer(request.bytes), scratch: &scratch)
        try store.submit(append, token: UInt64(token), sink: sink)
      }
      if token == 0 { gate.waitUntilReached() }
    }
    gate.open()
    sink.wait(for: 4)
    #expect(sink.outcome(of: 0)?.error == nil && sink.outcome(of: 2)?.error == nil)
    let refused = [UInt64(1), 3].filter {
      if case .outOfSpace = sink.outcome(of: $0)?.error { true } else { false }
    }
    #expect(!refused.isEmpty)
    #expect(try store.spans(of: deleted) == [])
    store.close()
  }
}

// MARK: Holds

extension DeletionTests {
  @Test func `while a trace is held its later spans are refused by name, and nothing else is`() throws {
    var stepped = try open { $0.deleteHold = .seconds(60) }
    try stepped.append(request(1, of: [deleted, other]))
    try stepped.delete(deleted)
    let mixed = request(2, of: [deleted, other])
    let append = try stepped.prepare(RequestBuffer(mixed.bytes))
    let kept = mixed.spans.filter { $0.traceID == other }
    #expect(append.acceptedSpanCount == kept.count)
    #expect(append.rejectedSpanCount == mixed.spans.count - kept.count && append.rejectedSpanCount > 0)
    let message = try #require(append.rejectionMessage)
    #expect(
      message.hasSuffix(
        "was refused: its trace was deleted, and later spans of it are not taken for some time"))
    #expect(try stepped.commit([append]) == 1)
    #expect(try stepped.store.spans(of: deleted) == [])
    #expect(try Set(stepped.store.spans(of: other)).isSuperset(of: kept))
    #expect(stepped.store.statistics().heldSpanCount == UInt64(append.rejectedSpanCount))
    #expect(stepped.store.statistics().rejectedSpanCount == UInt64(append.rejectedSpanCount))
    try stepped.close()
    #expect(
      try StoreVerification.verify(directory: CrashWorkload.directory, platform: platform).damages == [])

    // Whoever opens the store next goes on holding.
    stepped = try open()
    let late = try stepped.prepare(RequestBuffer(request(3, of: [deleted]).bytes))
    #expect(late.acceptedSpanCount == 0 && late.rejectedSpanCount > 0)
    platform.advanceClock(by: .seconds(61))
    let after = request(4, of: [deleted])
    try stepped.append(after)
    #expect(try stepped.store.spans(of: deleted) == after.spans)
  }

  @Test func `spans that are refused because of a hold are not on the disk`() throws {
    let stepped = try open { $0.deleteHold = .seconds(60) }
    let held = TraceID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
    try stepped.delete(held)
    let mixed = request(2, of: [held, other])
    try stepped.append(mixed)
    #expect(try stepped.store.traceIDs() == [other])
    for path in platform.image.paths {
      #expect(!(platform.image.contents(of: path) ?? []).contains(held.high), "\(path)")
    }
  }

  @Test func `a request that a deletion with a hold overtakes is to be sent again`() throws {
    let stepped = try open(lanes: 2) { $0.deleteHold = .seconds(60) }
    let mixed = request(2, of: [deleted, other])
    let prepared = try stepped.prepare(RequestBuffer(mixed.bytes))
    let untouched = try stepped.prepare(RequestBuffer(request(3, of: [other]).bytes))
    try stepped.delete(deleted, lane: 1)
    #expect {
      _ = try stepped.commit([prepared])
    } throws: {
      if case StoreError.overtaken = $0 { true } else { false }
    }
    #expect(try stepped.commit([untouched]) == 1)
    #expect(try stepped.commit([try stepped.prepare(RequestBuffer(mixed.bytes))]) == 1)
    #expect(try stepped.store.traceIDs() == [other])
  }

  @Test func `of requests that gathered, only those are refused that a deletion overtook`() throws {
    let gate = Gate()
    let platform = FaultyPlatform(platform) { operation, path in
      if operation == .sync, path.contains("0001.active") { gate.pass() }
      return nil
    }
    var options = CrashWorkload.options
    options.deleteHold = .seconds(60)
    let store = try Store.open(options, platform: platform)
    let sink = BlockingSink()
    var scratch = AppendScratch()
    gate.close()
    for (token, id) in [other, other, deleted, other].enumerated() {
      if token == 1 {
        try store.submit(store.prepareDeletion(of: deleted), token: 1, sink: sink)
        continue
      }
      let append = try store.prepare(RequestBuffer(request(UInt64(token), of: [id]).bytes), scratch: &scratch)
      try store.submit(append, token: UInt64(token), sink: sink)
      if token == 0 { gate.waitUntilReached() }
    }
    gate.open()
    sink.wait(for: 4)
    #expect([0, 1, 3].allSatisfy { sink.outcome(of: $0)?.error == nil })
    guard case .overtaken = sink.outcome(of: 2)?.error else {
      Issue.record("\(String(describing: sink.outcome(of: 2)?.error))")
      return
    }
    #expect(try store.traceIDs() == [other])
    store.close()
  }
}

// MARK: Files that go

extension DeletionTests {
  private func retaining(_ options: inout StoreOptions) {
    options.retainByteCount = options.retainByteCountMin
  }

  private var carrierCount: Int {
    platform.image.paths.count { path in
      path.hasSuffix(".active") && (platform.image.contents(of: path)?.count ?? 0) < 60_000
    }
  }

  @Test func `a tombstone outlives its file as long as an older one may hold what it hides`() throws {
    var stepped = try open(lanes: 2, retaining)
    // In a file that stays active, because its lane has nothing more to write.
    try stepped.append(request(1, of: [deleted, other]), lane: 1)
    try stepped.delete(deleted)
    var generator = RequestGenerator(seed: 12)
    for round in 0..<12 {
      _ = try stepped.roll(1, &generator)
      #expect(try !stepped.store.traceIDs().contains(deleted), "round \(round)")
      // Others are deleted meanwhile, so that there is something to carry each time.
      try stepped.delete(TraceID(high: 9, low: UInt64(round)))
      if round % 3 == 2 { stepped.writeIndexes() }
    }
    #expect(stepped.store.statistics().retiredSegmentCount > 3)
    #expect(carrierCount == 1)
    #expect(try !stepped.store.spans(of: other).isEmpty)
    let found = try stepped.store.allSpans()
    for disk in [platform.image, platform.image.afterPowerLoss] {
      let again = try open(SimulatedPlatform(disk, seed: 113), lanes: 2)
      #expect(again.store.damages == [])
      #expect(try again.store.allSpans() == found)
    }
    #expect(stepped.store.statistics().tombstoneCount == 13)
    // Now the file may go that holds what is hidden, and with it what needs the tombstones.
    try stepped.close()
    stepped = try open(lanes: 2, retaining)
    #expect(try stepped.store.spans(of: deleted) == [])
    _ = try stepped.roll(8, &generator)
    #expect(try stepped.store.spans(of: other) == [])
    #expect(stepped.store.statistics().tombstoneCount == 0)
    _ = try stepped.roll(8, &generator)
    #expect(carrierCount == 0)
  }

  @Test
  func `what is deleted stays hidden when its segment is sealed, and so does a deletion that was in it`()
    throws
  {
    var stepped = try open()
    let kept = request(3, of: [deleted])
    var generator = RequestGenerator(seed: 14)
    try stepped.append(request(1, of: [deleted, other]))
    try stepped.delete(deleted)
    try stepped.append(kept)
    _ = try stepped.roll(3, &generator)
    let shown = try stepped.store.spans(of: other)
    while try stepped.sealNext() {}
    #expect(stepped.store.statistics().sealedSegmentCount > 1)
    for _ in 0..<2 {
      #expect(try Set(stepped.store.spans(of: deleted)) == Set(kept.spans))
      #expect(try Set(stepped.store.spans(of: other)) == Set(shown))
      // Sealed by now, and deleted later.
      stepped = try open(SimulatedPlatform(platform.image.afterPowerLoss, seed: 114))
    }
    try stepped.delete(deleted)
    try stepped.delete(other)
    let ids = try stepped.store.traceIDs()
    #expect(!ids.contains(deleted) && !ids.contains(other) && !ids.isEmpty)
    #expect(try stepped.store.spans(of: deleted) == [] && stepped.store.spans(of: other) == [])
    try stepped.append(kept)
    #expect(try Set(stepped.store.traceIDs()).contains(deleted))
    #expect(try stepped.store.spans(of: deleted) == kept.spans)
  }

  @Test func `the tombstones of a file that cannot be carried keep it from going`() throws {
    let isFailing = Switch()
    isFailing.turn(on: false)
    let platform = FaultyPlatform(platform) { operation, path in
      operation == .sync && path.hasSuffix(".active.tmp") && isFailing.isOn ? .ioError : nil
    }
    var options = CrashWorkload.options
    options.laneCount = 2
    retaining(&options)
    let stepped = try SteppedStore(options, platform: platform)
    try stepped.append(request(1, of: [deleted]), lane: 1)
    try stepped.delete(deleted)
    var generator = RequestGenerator(seed: 13)
    while stepped.store.statistics().retiredSegmentCount == 0 {
      isFailing.turn(on: true)
      do { try stepped.prepareSpare() } catch _ {
        #expect(stepped.store.statistics().retiredSegmentCount == 0)
        #expect(try stepped.store.spans(of: deleted) == [])
      }
      isFailing.turn(on: false)
      _ = try stepped.roll(1, &generator)
    }
    #expect(try stepped.store.spans(of: deleted) == [])
  }
}

/// A walk over all ids that was begun.
private struct TraceIDWalk {
  private let reader: TraceIDReader

  init(_ store: Store) { reader = TraceIDReader(store: store) }

  func rest() throws -> [TraceID] {
    var ids: [TraceID] = []
    while let id = try reader.next() { ids.append(id) }
    return ids
  }
}

extension [UInt8] {
  /// Whether the eight bytes of a number stand anywhere, the highest first.
  fileprivate func contains(_ number: UInt64) -> Bool {
    let wanted = Swift.withUnsafeBytes(of: number.bigEndian) { Array($0) }
    return indices.dropLast(7).contains { self[$0] == wanted[0] && Array(self[$0..<$0 + 8]) == wanted }
  }
}
