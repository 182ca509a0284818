internal import SpanModel
internal import SpanWire

/// A lane's note of how far it was durable as of its last syncs; see `LedgerSlot`.
final class Ledger: @unchecked Sendable {
  private let file: File
  private let storeID: StoreID
  private let lock = Lock()
  // SAFETY: only touched under `lock`: the lane notes, and retention makes it forget.
  private var slots: [SegmentSequence]
  // SAFETY: only touched under `lock`. Segments that the file may name on stable storage: a slot that was
  // written over since the last sync may still stand there as it was.
  private var durablyNamed: Set<SegmentSequence>
  private let zeroSlot = [UInt8](repeating: 0, count: LedgerSlot.byteCount)

  /// Opens the lane's ledger; makes it when there is none.
  init(lane: UInt32, storeID: StoreID, in directory: Directory) throws(FileError) {
    let name = FileName.ledger(lane: lane)
    let bytes = try directory.contents(of: name, byteCountMax: LedgerSlot.ledgerByteCount)
    if bytes?.count != LedgerSlot.ledgerByteCount {
      let empty = [UInt8](repeating: 0, count: LedgerSlot.ledgerByteCount)
      try directory.replace(name, with: (bytes ?? []) + empty.dropFirst(bytes?.count ?? 0))
    }
    file = try directory.open(name, .readWrite)
    // A process that was killed left slots unsynced: what stands below them may name other segments.
    try file.sync()
    self.storeID = storeID
    slots = Ledger.segments(in: bytes ?? [], storeID: storeID)
    durablyNamed = Set(slots)
  }

  private static func segments(in bytes: [UInt8], storeID: StoreID) -> [SegmentSequence] {
    bytes.withUnsafeBytes { bytes in
      (0..<LedgerSlot.slotCount).map { number in
        let start = number * LedgerSlot.byteCount
        guard let base = bytes.baseAddress, start + LedgerSlot.byteCount <= bytes.count,
          let slot = LedgerSlot(decoding: base + start, storeID: storeID)
        else { return SegmentSequence(0) }
        return slot.segment
      }
    }
  }

  /// Notes the slot, unsynced: the next sync of anything would cost more than the note is worth.
  func note(_ slot: LedgerSlot) throws(FileError) {
    try lock.withLock { () throws(FileError) in
      var outcome: Result<Void, FileError> = .success(())
      withUnsafeTemporaryAllocation(byteCount: LedgerSlot.byteCount, alignment: 8) { bytes in
        // SAFETY: the allocation has the size of a slot.
        slot.encode(to: bytes.baseAddress!, storeID: storeID)
        do throws(FileError) { try file.write(UnsafeRawBufferPointer(bytes), at: slot.position) } catch {
          outcome = .failure(error)
        }
      }
      try outcome.get()
      slots[Int(slot.position) / LedgerSlot.byteCount] = slot.segment
      durablyNamed.insert(slot.segment)
    }
  }

  /// Takes the segment out, durably: once that is done its file may go without being missed.
  func forget(_ segment: SegmentSequence) throws(FileError) {
    try lock.withLock { () throws(FileError) in
      guard durablyNamed.contains(segment) else { return }
      for number in slots.indices where slots[number] == segment {
        try file.write(zeroSlot, at: UInt64(number * LedgerSlot.byteCount))
        slots[number] = SegmentSequence(0)
      }
      try file.sync()
      durablyNamed = Set(slots)
    }
  }

  /// What all ledgers of a directory say.
  struct Contents {
    struct Entry {
      let lane: UInt32
      var durableUpTo: UInt64
    }

    /// The greatest durable position noted for each segment.
    var entries: [SegmentSequence: Entry] = [:]
    /// Slots that were written and are not whole: they say nothing.
    var damages: [Damage] = []
    /// Lanes that have a ledger.
    var lanes: [UInt32] = []
  }

  static func contents(in directory: Directory, names: [String], storeID: StoreID) throws(FileError)
    -> Contents
  {
    var contents = Contents()
    for name in names {
      guard let lane = FileName.parseLedger(name),
        let bytes = try directory.contents(of: name, byteCountMax: LedgerSlot.ledgerByteCount)
      else { continue }
      contents.lanes.append(lane)
      bytes.withUnsafeBytes { contents.take($0, name, lane: lane, storeID) }
    }
    return contents
  }
}

extension Ledger.Contents {
  fileprivate mutating func take(
    _ bytes: UnsafeRawBufferPointer, _ name: String, lane: UInt32, _ storeID: StoreID
  ) {
    for start in stride(from: 0, to: bytes.count, by: LedgerSlot.byteCount) {
      let place = UnsafeRawBufferPointer(
        rebasing: bytes[start..<min(start + LedgerSlot.byteCount, bytes.count)])
      if place.isAllZero { continue }
      // SAFETY: the slot is whole, by the comparison before.
      if place.count == LedgerSlot.byteCount,
        let slot = LedgerSlot(decoding: place.baseAddress!, storeID: storeID)
      {
        let known = entries[slot.segment]?.durableUpTo ?? 0
        entries[slot.segment] = Entry(lane: lane, durableUpTo: max(known, slot.durableUpTo))
      } else {
        damages.append(
          Damage(
            file: name, position: UInt64(start), byteCount: UInt64(place.count), extent: .nothing,
            reason: "a slot of the ledger is not what was written"))
      }
    }
  }
}
