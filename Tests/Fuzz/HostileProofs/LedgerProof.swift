internal import SpanEngine
internal import SpanModel
internal import SpanTestKit
internal import SpanWire

/// Whatever a ledger says, every acked span of a whole segment is found, and the store goes on.
///
/// For most inputs the requests are only counted when the store is open: reading them all takes three times
/// as long.
package struct LedgerProof: FuzzProof {
  private static let request: GeneratedRequest = {
    var generator = RequestGenerator(seed: 99)
    return generator.request()
  }()

  private var ledger: [UInt8] = []

  package init() {}

  package static func seed(_ number: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: number)
    return (0..<Int.random(in: 4...64, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  package mutating func fault(in input: UnsafeRawBufferPointer) -> String? {
    var script = ScriptReader(input)
    let store = SmallStore.chosen(by: script.byte())
    let mode = script.byte()
    let goesOn = script.byte() % 4 == 0
    ledger.removeAll(keepingCapacity: true)
    while !script.isAtEnd { write(&script, of: store) }
    // Only who writes needs files of their full size. Not the mode of a script that is used up: each of those
    // would do the same, at a hundred times the price.
    let writes = mode % 64 == 63 && goesOn
    var disk = writes ? store.disk : store.shortDisk
    disk.overwrite(SmallStore.ledgerPath, with: ledger)
    do {
      switch mode % 64 {
      case 63 where writes: return try Self.faultOfGoingOn(disk, store)
      case 1...4: return try Self.faultOfReading(disk, store, verifies: mode % 64 == 1)
      default: return try Self.faultOfOpening(disk, store)
      }
    } catch {
      return "it cannot be opened: \(error)"
    }
  }

  private mutating func write(_ script: inout ScriptReader, of store: SmallStore) {
    let kind = script.byte()
    switch kind % 8 {
    case 0: ledger += script.bytes(script.choice(of: 40))
    case 1: ledger += [UInt8](repeating: 0, count: script.choice(of: 64) * LedgerSlot.byteCount)
    default:
      let near = store.segment.rawValue &+ UInt64(kind / 8) &- 2
      let segment = SegmentSequence(kind % 8 == 7 ? script.value() : near)
      let slot = LedgerSlot(segment: segment, durableUpTo: script.value(), frameNumber: UInt64(script.byte()))
      var bytes = [UInt8](repeating: 0, count: LedgerSlot.byteCount)
      // SAFETY: the array has the size of a slot.
      bytes.withUnsafeMutableBytes { slot.encode(to: $0.baseAddress!, storeID: store.storeID) }
      if script.byte() == 255 { bytes[script.choice(of: bytes.count)] ^= script.byte() }
      ledger += bytes
    }
  }

  private static func faultOfOpening(_ disk: SimulatedDisk, _ store: SmallStore) throws -> String? {
    let opened = try SmallStore.openReadOnly(SimulatedPlatform(disk))
    let statistics = opened.statistics()
    let isWhole =
      statistics.requestCount == store.requestCount && statistics.acceptedSpanCount == store.spanCount
    return isWhole ? nil : "acked requests are lost"
  }

  private static func faultOfReading(_ disk: SimulatedDisk, _ store: SmallStore, verifies: Bool) throws
    -> String?
  {
    let platform = SimulatedPlatform(disk)
    if verifies { _ = try StoreVerification.verify(directory: SmallStore.directory, platform: platform) }
    let opened = try SmallStore.openReadOnly(platform)
    return try StoreReading(opened).spans == store.spans ? nil : "acked spans are lost"
  }

  /// Recovers, appends, crashes and recovers.
  private static func faultOfGoingOn(_ disk: SimulatedDisk, _ store: SmallStore) throws -> String? {
    let platform = SimulatedPlatform(disk)
    do {
      let stepped = try SteppedStore(SmallStore.options, platform: platform)
      guard try StoreReading(stepped.store).spans == store.spans else { return "acked spans are lost" }
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
    }
    let again = try SteppedStore(SmallStore.options, platform: SimulatedPlatform(platform.image))
    let expected = store.spans.union(request.spans)
    return try StoreReading(again.store).spans == expected ? nil : "acked spans are lost at the second start"
  }
}
