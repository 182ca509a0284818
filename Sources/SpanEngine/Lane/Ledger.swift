internal import SpanModel
internal import SpanWire

/// A lane's note of how far it was durable as of its last syncs; see `LedgerSlot`.
final class Ledger: @unchecked Sendable {
  private let file: File
  private let storeID: StoreID
  private let lock = Lock()
  // SAFETY: all below are only touched under `lock`: the lane notes, and retention makes it forget.
  private var bytes: [UInt8]
  /// Of each slot.
  private var segments: [SegmentSequence]
  /// Segments that the file may name on stable storage: a slot that was written over since the last sync may
  /// still stand there as it was.
  private var durablyNamed: Set<SegmentSequence>
  /// Of those, the ones noted since the sync that is under way began.
  private var notedMeanwhile: Set<SegmentSequence> = []

  /// Opens the lane's ledger; makes it when there is none that can be read.
  init(lane: UInt32, storeID: StoreID, in directory: Directory) throws(FileError) {
    let name = FileName.ledger(lane: lane)
    let found = try Self.bytes(of: name, in: directory) ?? []
    bytes = found + [UInt8](repeating: 0, count: LedgerSlot.ledgerByteCount - found.count)
    if found.count < bytes.count { try directory.replace(name, with: bytes) }
    file = try directory.open(name, .readWrite)
    self.storeID = storeID
    segments = Ledger.segments(in: bytes, storeID: storeID)
    durablyNamed = Set(segments)
    // A process that was killed left slots unsynced: what stands below them may name other segments.
    try file.write(bytes, at: 0)
    try file.sync()
  }

  /// - Returns: `nil` when there is no such file, or it cannot be read.
  private static func bytes(of name: String, in directory: Directory) throws(FileError) -> [UInt8]? {
    do { return try directory.contents(of: name, byteCountMax: LedgerSlot.ledgerByteCount) } catch {
      if error.isUnreadable { return nil }
      throw error
    }
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
      let place = Int(slot.position)
      var outcome: Result<Void, FileError> = .success(())
      bytes.withUnsafeMutableBytes { bytes in
        let place = UnsafeMutableRawBufferPointer(rebasing: bytes[place..<place + LedgerSlot.byteCount])
        // SAFETY: the place has the size of a slot.
        slot.encode(to: place.baseAddress!, storeID: storeID)
        do throws(FileError) { try file.write(UnsafeRawBufferPointer(place), at: slot.position) } catch {
          outcome = .failure(error)
        }
      }
      try outcome.get()
      segments[place / LedgerSlot.byteCount] = slot.segment
      durablyNamed.insert(slot.segment)
      notedMeanwhile.insert(slot.segment)
    }
  }

  /// Takes the segment out, durably: once that is done its file may go without being missed. One thread at a
  /// time.
  func forget(_ segment: SegmentSequence) throws(FileError) {
    guard let unnamed = try zeroSlots(of: segment) else { return }
    // Not under the lock: each commit notes how far it is, and would wait for this.
    try file.sync()
    lock.withLock { durablyNamed.subtract(unnamed.subtracting(notedMeanwhile)) }
  }

  /// - Returns: what the file names no more once it is synced; `nil` when it does not name the segment.
  private func zeroSlots(of segment: SegmentSequence) throws(FileError) -> Set<SegmentSequence>? {
    try lock.withLock { () throws(FileError) in
      guard durablyNamed.contains(segment) else { return nil }
      for number in segments.indices where segments[number] == segment {
        let start = number * LedgerSlot.byteCount
        bytes.replaceSubrange(
          start..<start + LedgerSlot.byteCount, with: repeatElement(0, count: LedgerSlot.byteCount))
        segments[number] = SegmentSequence(0)
      }
      // All of it: after a sync that failed the system may call pages clean that never reached the disk, and
      // another sync would do nothing.
      try file.write(bytes, at: 0)
      notedMeanwhile = []
      return durablyNamed.subtracting(segments)
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
      guard let lane = FileName.parseLedger(name) else { continue }
      contents.lanes.append(lane)
      if let bytes = try bytes(of: name, in: directory) {
        bytes.withUnsafeBytes { contents.take($0, name, lane: lane, storeID) }
      } else {
        contents.damages.append(
          Damage(
            file: name, position: 0, byteCount: UInt64(LedgerSlot.ledgerByteCount), extent: .nothing,
            reason: FileError.unreadableReason))
      }
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
