internal import SpanEngine
internal import SpanTestKit
internal import SpanWire

/// A segment file with any damage is opened, read, verified and recovered without a trap, and answers
/// nothing that was never written; a second recovery finds what the first one found.
///
/// What it does not answer it tells as damage, as long as the ledger is there, which is exact after a kill.
///
/// With checksums computed again the bytes can say anything: then only that nothing traps and all ends.
///
/// Of most inputs only the file is walked, as recovery does first, because opening a store and reading all of
/// its traces takes ten times as long.
package struct RecoveryProof: FuzzProof {
  /// What must hold of a store whose checksums were not computed again.
  private struct Promise {
    let spans: Set<GeneratedSpan>
    let hasLedger: Bool

    func fault(of reading: StoreReading, isDamaged: Bool) -> String? {
      if reading.undecodableCount > 0 { return "an answer is no spans" }
      guard reading.spans.isSubset(of: spans) else { return "spans that nobody wrote" }
      let isTold = isDamaged || reading.damagedReadCount > 0 || reading.spans.count == spans.count
      return isTold || !hasLedger ? nil : "acked spans are lost without a word"
    }
  }

  private var bytes: [UInt8] = []

  package init() {}

  package static func seed(_ number: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: number)
    return (0..<Int.random(in: 6...48, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  package mutating func fault(in input: UnsafeRawBufferPointer) -> String? {
    var script = ScriptReader(input)
    let store = SmallStore.chosen(by: script.byte())
    let mode = script.byte()
    let opensStore = script.byte() % 32 == 7
    let seals = mode % 2 == 1
    var edits = SegmentEdits(store, seals: seals, reusing: bytes)
    bytes = []
    edits.run(&script)
    bytes = edits.bytes
    // Mostly all of them; else one layer is left as it is.
    if seals {
      SegmentSeal(layers: mode < 192 ? 15 : 15 ^ (1 << (mode / 2 % 4))).seal(&bytes, frames: store.frames)
    }
    var disk = store.disk(withSegment: bytes)
    let hasLedger = mode & 32 == 0
    if !hasLedger { disk.overwrite(SmallStore.ledgerPath, with: []) }
    if !opensStore { return Self.faultOfWalk(over: disk, of: store, isSealed: seals) }
    let promise = seals ? nil : Promise(spans: store.spans, hasLedger: hasLedger)
    do throws(StoreError) {
      if mode & 4 != 0 { try Self.check(disk, store) }
      return try mode & 24 == 0 ? Self.faultOfRecovery(of: disk, promise) : Self.faultOfReading(disk, promise)
    } catch {
      // A header of a newer version, or of none, keeps a store from opening; nothing else does.
      if case .unusable = error { return nil }
      return "it cannot be opened: \(error)"
    }
  }

  /// Every record that is found was written there, unless checksums were computed again.
  private static func faultOfWalk(over disk: SimulatedDisk, of store: SmallStore, isSealed: Bool) -> String? {
    var fault: String?
    var keptCount = 0
    var isDamaged = false
    do throws(StoreError) {
      let platform = SimulatedPlatform(disk)
      try SegmentInspection.inspect(store.name, in: SmallStore.directory, platform: platform) { item in
        switch item {
        case .segment(_, _, let byteCount):
          if byteCount > 64 << 20 { fault = "a file of \(byteCount) bytes" }
        case .record(let position, let header, let traces):
          keptCount += 1
          let isKnown = store.frames.contains { frame in
            frame.records.contains { $0.position == Int(position) && $0.header == header }
          }
          if !isSealed, !isKnown { fault = "a record that nobody wrote at \(position)" }
          if traces.count > store.bytes.count { fault = "\(traces.count) traces in a record" }
        case .damage: isDamaged = true
        case .end(let position, let isClosed, let tornAt):
          if let tornAt, tornAt < position {
            fault = "an end at \(position) behind a torn frame at \(tornAt)"
          }
          let isWhole = keptCount == store.frames.reduce(0) { $0 + $1.records.count }
          if !isSealed, isClosed, !isWhole, !isDamaged {
            fault = "a closed file lacks records without a word"
          }
        case .frame, .tombstone: break
        }
      }
    } catch {
      switch error {
      case .corrupt, .unusable: break
      default: return "it cannot be walked: \(error)"
      }
    }
    return fault
  }

  private static func check(_ disk: SimulatedDisk, _ store: SmallStore) throws(StoreError) {
    let platform = SimulatedPlatform(disk)
    _ = try StoreVerification.verify(directory: SmallStore.directory, platform: platform)
    do throws(StoreError) {
      try SegmentInspection.inspect(store.name, in: SmallStore.directory, platform: platform) { _ in }
    } catch {
      guard case .corrupt = error else { throw error }
    }
  }

  private static func faultOfReading(_ disk: SimulatedDisk, _ promise: Promise?) throws(StoreError)
    -> String?
  {
    let store = try SmallStore.openReadOnly(SimulatedPlatform(disk))
    let reading = try StoreReading(store)
    return promise?.fault(of: reading, isDamaged: !store.damages.isEmpty)
  }

  /// Recovers twice, as two starts of a server do that crashes in between.
  private static func faultOfRecovery(of disk: SimulatedDisk, _ promise: Promise?) throws(StoreError)
    -> String?
  {
    let first = try recovered(SimulatedPlatform(disk))
    if let fault = promise?.fault(of: first.reading, isDamaged: !first.damages.isEmpty) { return fault }
    let second: (reading: StoreReading, damages: [String], disk: SimulatedDisk)
    do throws(StoreError) { second = try recovered(SimulatedPlatform(first.disk)) } catch {
      return "it cannot be opened a second time: \(error)"
    }
    guard promise != nil else { return nil }
    if second.reading != first.reading { return "a second recovery answers otherwise" }
    return second.damages == first.damages ? nil : "damage \(first.damages), and then \(second.damages)"
  }

  private static func recovered(_ platform: SimulatedPlatform) throws(StoreError) -> (
    reading: StoreReading, damages: [String], disk: SimulatedDisk
  ) {
    let stepped = try SteppedStore(SmallStore.options, platform: platform)
    return (try StoreReading(stepped.store), stepped.store.damages.map(\.description), platform.image)
  }
}
