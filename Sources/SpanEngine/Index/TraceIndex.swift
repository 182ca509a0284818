internal import SpanModel
internal import SpanWire
internal import Synchronization

/// Where the traces of one segment are, in memory: a table of fixed size from trace id to the places of its
/// directory entries, newest first.
///
/// A slot holds the tag of the id, the upper half of its keyed hash, and the number of the newest entry plus
/// one; an entry holds a place and the number of the entry before it. Ids of equal tag share a chain: whoever
/// reads compares the whole id in the directory. Slots are chosen by the tag's upper bits, so that the table
/// stands nearly in the order in which an index file wants it. One thread inserts; any thread reads at any
/// time without a lock, because an entry is complete before the slot that leads to it is stored with release
/// order, and neither ever changes afterwards.
package final class TraceIndex: @unchecked Sendable {
  // SAFETY: one thread inserts, any reads: see above.

  /// Where a trace stands in a segment.
  package struct Place: Equatable, Sendable {
    /// Position of the record's header.
    package let record: UInt64
    /// Number of the trace in the record's directory.
    package let trace: UInt32

    package init(record: UInt64, trace: UInt32) {
      self.record = record
      self.trace = trace
    }
  }

  private struct Entry {
    /// Record headers stand at multiples of 8, so 32 bits reach 32 GiB.
    var recordPosition8: UInt32
    var trace: UInt32
    /// Number of the entry before it plus one, or zero.
    var previous: UInt32
  }

  package let slotCount: Int
  package let entryCountMax: Int
  /// How far a tag is shifted to give its slot.
  private let tagShift: UInt32
  private let slots: UnsafeMutablePointer<Atomic<UInt64>>
  private let entries: UnsafeMutablePointer<Entry>
  // Written by the inserting thread only; others learn of entries through the slots, and of these for
  // statistics.
  private let entryCounter = Atomic<Int>(0)
  private let usedSlotCounter = Atomic<Int>(0)

  package var entryCount: Int { entryCounter.load(ordering: .relaxed) }
  private var usedSlotCount: Int { usedSlotCounter.load(ordering: .relaxed) }

  /// - Precondition: `slotCount` is a power of two.
  package init(slotCount: Int, entryCountMax: Int) {
    precondition(
      slotCount > 1 && slotCount <= 1 << 32 && slotCount & (slotCount - 1) == 0,
      "the slot count is no power of two")
    self.slotCount = slotCount
    self.entryCountMax = entryCountMax
    tagShift = UInt32(32 - slotCount.trailingZeroBitCount)
    slots = .allocate(capacity: slotCount)
    UnsafeMutableRawPointer(slots).initializeMemory(as: UInt64.self, repeating: 0, count: slotCount)
    entries = .allocate(capacity: max(1, entryCountMax))
  }

  deinit {
    slots.deallocate()
    entries.deallocate()
  }

  /// Slots that hold as many traces at no more than three quarters full.
  package static func slotCount(forTraces traceCount: Int) -> Int {
    var slotCount = 64
    while slotCount * 3 / 4 < traceCount { slotCount *= 2 }
    return slotCount
  }

  package static func tag(of hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) }

  /// Traces inserted, ids of equal tag counted once.
  package var traceCount: Int { usedSlotCount }

  /// Memory that it takes now: entries that were not yet written touch no page.
  package var byteCount: Int { Self.byteCount(slotCount: slotCount, entryCount: entryCount) }

  static func byteCount(slotCount: Int, entryCount: Int) -> Int {
    slotCount * MemoryLayout<UInt64>.stride + entryCount * MemoryLayout<Entry>.stride
  }

  /// Whether `count` more entries fit, were they all of new traces.
  package func hasRoom(for count: Int) -> Bool {
    entryCount + count <= entryCountMax && usedSlotCount + count <= slotCount / 4 * 3
  }

  private func home(of tag: UInt32) -> Int { Int(tag >> tagShift) }

  /// Adds a place in front of those the trace has.
  ///
  /// - Precondition: `hasRoom(for: 1)`.
  package func insert(_ place: Place, hash: UInt64) {
    precondition(hasRoom(for: 1), "the index is full")
    let tag = UInt64(Self.tag(of: hash))
    var slot = home(of: Self.tag(of: hash))
    var found = slots[slot].load(ordering: .relaxed)
    while found != 0, found >> 32 != tag {
      slot = (slot + 1) & (slotCount - 1)
      found = slots[slot].load(ordering: .relaxed)
    }
    if found == 0 { usedSlotCounter.store(usedSlotCount + 1, ordering: .relaxed) }
    let number = entryCount
    entries[number] = Entry(
      recordPosition8: UInt32(place.record / 8), trace: place.trace,
      previous: UInt32(truncatingIfNeeded: found))
    entryCounter.store(number + 1, ordering: .relaxed)
    slots[slot].store(tag << 32 | UInt64(number + 1), ordering: .releasing)
  }

  /// Asks for the slot of `hash` ahead of its use: in a table of some MiB it is seldom in the cache.
  func prefetch(hash: UInt64) { Prefetch.line(at: slots + home(of: Self.tag(of: hash))) }

  /// The chain that leads to all places of the trace, or `nil` when there are none.
  package func chain(hash: UInt64) -> Chain? { chain(tag: Self.tag(of: hash)) }

  func chain(tag: UInt32) -> Chain? {
    var slot = home(of: tag)
    for _ in 0..<slotCount {
      let found = slots[slot].load(ordering: .acquiring)
      if found == 0 { return nil }
      if found >> 32 == UInt64(tag) { return Chain(newest: UInt32(truncatingIfNeeded: found)) }
      slot = (slot + 1) & (slotCount - 1)
    }
    return nil
  }

  /// The chain in this slot, or `nil` when it is empty.
  private func chain(inSlot slot: Int) -> Chain? {
    precondition(slot < slotCount, "no such slot")
    let found = slots[slot].load(ordering: .acquiring)
    return found == 0 ? nil : Chain(newest: UInt32(truncatingIfNeeded: found))
  }

  /// The places of one chain, as they were when it was looked up.
  package struct Chain: Equatable, Sendable {
    fileprivate let newest: UInt32
  }

  /// The numbers of the chain's entries, newest first: 4 bytes each.
  package func entryNumbers(of chain: Chain) -> [UInt32] {
    var numbers: [UInt32] = []
    var next = chain.newest
    while next != 0 {
      numbers.append(next - 1)
      next = entries[Int(next) - 1].previous
    }
    return numbers
  }

  /// - Precondition: `number` came from `entryNumbers`.
  package func place(ofEntry number: UInt32) -> Place {
    precondition(number < entryCountMax, "no such entry")
    let entry = entries[Int(number)]
    return Place(record: UInt64(entry.recordPosition8) * 8, trace: entry.trace)
  }

  package func checkInvariants() {
    precondition(entryCount <= entryCountMax && usedSlotCount <= entryCount)
    var chained = 0
    var used = 0
    for slot in 0..<slotCount {
      guard let chain = chain(inSlot: slot) else { continue }
      used += 1
      chained += entryNumbers(of: chain).count
    }
    precondition(used == usedSlotCount && chained == entryCount, "an entry is in no chain, or in two")
  }
}

// MARK: In order

extension TraceIndex {
  /// Entries ascending by tag, those of one tag oldest first, as an index file has them: of the tags from
  /// `tag` on, all of at least `tagCountMin` of them.
  ///
  /// What is inserted meanwhile may be in it or not; nothing else changes.
  func sortedEntries(notBelow tag: UInt32 = 0, tagCountMin: Int = .max) -> [IndexEntry] {
    var sorted: [IndexEntry] = []
    sorted.reserveCapacity(min(entryCount, tagCountMin))
    for slot in slotsByTag(notBelow: tag, countMin: tagCountMin) {
      let tag = Self.tag(inSlot: slot)
      let first = sorted.count
      var next = UInt32(truncatingIfNeeded: slot)
      while next != 0 {
        let entry = entries[Int(next) - 1]
        sorted.append(IndexEntry(tag: tag, recordPosition8: entry.recordPosition8, trace: entry.trace))
        next = entry.previous
      }
      // By hand: reversing a slice of an array copies it first.
      var last = sorted.count - 1
      var place = first
      while place < last {
        sorted.swapAt(place, last)
        place += 1
        last -= 1
      }
    }
    return sorted
  }

  private static func tag(inSlot slot: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: slot >> 32) }

  /// Used slots, ascending by tag. The table has nearly that order: a slot stands at its tag's home or in the
  /// run of used slots behind it, and a run that goes on at the table's start has its first tags at the end.
  private func slotsByTag(notBelow tag: UInt32, countMin: Int) -> [UInt64] {
    var ordered: [UInt64] = []
    ordered.reserveCapacity(min(usedSlotCount, countMin))
    var slot = home(of: tag)
    while slot < slotCount {
      let found = slots[slot].load(ordering: .acquiring)
      // Behind the end of a run stands no tag whose home is before it.
      if found == 0, ordered.count >= countMin { break }
      if found != 0, Self.tag(inSlot: found) >= tag, home(of: Self.tag(inSlot: found)) <= slot {
        ordered.append(found)
      }
      slot += 1
    }
    if slot == slotCount { ordered += slotsAroundTheEnd(notBelow: tag) }
    // Insertion sort: hardly anything moves, and nothing far.
    for number in ordered.indices.dropFirst() {
      let slot = ordered[number]
      var place = number
      while place > 0, ordered[place - 1] > slot {
        ordered[place] = ordered[place - 1]
        place -= 1
      }
      ordered[place] = slot
    }
    return ordered
  }

  /// Those in the run at the table's start whose home is at its end.
  private func slotsAroundTheEnd(notBelow tag: UInt32) -> [UInt64] {
    var wrapped: [UInt64] = []
    for slot in 0..<slotCount {
      let found = slots[slot].load(ordering: .acquiring)
      if found == 0 { break }
      if Self.tag(inSlot: found) >= tag, home(of: Self.tag(inSlot: found)) > slot { wrapped.append(found) }
    }
    return wrapped
  }
}
