internal import SpanModel
internal import SpanWire

/// A lane's note of how far it was durable as of its last sync; see `LedgerSlot`.
struct Ledger {
  private let file: File
  private let storeID: StoreID

  /// Opens the lane's ledger; makes it when there is none.
  init(lane: UInt32, storeID: StoreID, in directory: Directory) throws(FileError) {
    let name = FileName.ledger(lane: lane)
    if try directory.contents(of: name, byteCountMax: 1) == nil {
      try directory.replace(name, with: [UInt8](repeating: 0, count: LedgerSlot.ledgerByteCount))
    }
    file = try directory.open(name, .readWrite)
    self.storeID = storeID
  }

  /// Notes the slot, unsynced: the next sync of anything would cost more than the note is worth.
  func note(_ slot: LedgerSlot) throws(FileError) {
    var bytes = [UInt8](repeating: 0, count: LedgerSlot.byteCount)
    // SAFETY: the array has the size of a slot.
    bytes.withUnsafeMutableBytes { slot.encode(to: $0.baseAddress!, storeID: storeID) }
    try file.write(bytes, at: slot.position)
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
  }

  static func contents(in directory: Directory, names: [String], storeID: StoreID) throws(FileError)
    -> Contents
  {
    var contents = Contents()
    for name in names {
      guard let lane = FileName.parseLedger(name),
        let bytes = try directory.contents(of: name, byteCountMax: LedgerSlot.ledgerByteCount)
      else { continue }
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
