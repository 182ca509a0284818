internal import SpanModel
internal import SpanWire
internal import Synchronization

/// Where the traces of one segment are: a table of fixed size from trace id to the places of its directory
/// entries, newest first.
///
/// A slot holds the upper half of the id's keyed hash and the number of the newest entry plus one; an entry
/// holds a place and the number of the entry before it. Ids of equal tag share a chain: whoever reads
/// compares the whole id in the directory. One thread inserts; any thread reads at any time without a lock,
/// because an entry is complete before the slot that leads to it is stored with release order, and
/// neither ever changes afterwards.
package final class TraceIndex: @unchecked Sendable {
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
  private let slots: UnsafeMutablePointer<Atomic<UInt64>>
  private let entries: UnsafeMutablePointer<Entry>
  // Written by the inserting thread only; others learn of entries through the slots, and of these for statistics.
  private let entryCounter = Atomic<Int>(0)
  private let usedSlotCounter = Atomic<Int>(0)

  private var entryCount: Int { entryCounter.load(ordering: .relaxed) }
  private var usedSlotCount: Int { usedSlotCounter.load(ordering: .relaxed) }

  /// - Precondition: `slotCount` is a power of two.
  package init(slotCount: Int, entryCountMax: Int) {
    precondition(slotCount > 0 && slotCount & (slotCount - 1) == 0, "the slot count is no power of two")
    self.slotCount = slotCount
    self.entryCountMax = entryCountMax
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

  /// Traces inserted, ids of equal tag counted once.
  package var traceCount: Int { usedSlotCount }

  /// Memory that is held when it is full.
  package var byteCount: Int { slotCount * 8 + entryCount * MemoryLayout<Entry>.stride }

  /// Whether `count` more entries fit, were they all of new traces.
  package func hasRoom(for count: Int) -> Bool {
    entryCount + count <= entryCountMax && usedSlotCount + count <= slotCount / 4 * 3
  }

  /// Adds a place in front of those the trace has.
  ///
  /// - Precondition: `hasRoom(for: 1)`.
  package func insert(_ place: Place, hash: UInt64) {
    precondition(hasRoom(for: 1), "the index is full")
    let tag = hash >> 32
    var slot = Int(truncatingIfNeeded: hash) & (slotCount - 1)
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

  /// The chain that leads to all places of the trace, or `nil` when there are none.
  package func chain(hash: UInt64) -> Chain? {
    let tag = hash >> 32
    var slot = Int(truncatingIfNeeded: hash) & (slotCount - 1)
    for _ in 0..<slotCount {
      let found = slots[slot].load(ordering: .acquiring)
      if found == 0 { return nil }
      if found >> 32 == tag { return Chain(newest: UInt32(truncatingIfNeeded: found)) }
      slot = (slot + 1) & (slotCount - 1)
    }
    return nil
  }

  /// The chain in this slot, or `nil` when it is empty.
  package func chain(inSlot slot: Int) -> Chain? {
    precondition(slot < slotCount, "no such slot")
    let found = slots[slot].load(ordering: .acquiring)
    return found == 0 ? nil : Chain(newest: UInt32(truncatingIfNeeded: found))
  }

  /// The places of one chain, newest first, as they were when it was looked up.
  package struct Chain: Equatable, Sendable {
    var next: UInt32

    init(newest: UInt32) { next = newest }
  }

  /// The next place of the chain, or `nil` at its end.
  package func nextPlace(of chain: inout Chain) -> Place? {
    guard chain.next != 0 else { return nil }
    let entry = entries[Int(chain.next) - 1]
    chain.next = entry.previous
    return Place(record: UInt64(entry.recordPosition8) * 8, trace: entry.trace)
  }

  package func checkInvariants() {
    precondition(entryCount <= entryCountMax && usedSlotCount <= entryCount)
    var chained = 0
    var used = 0
    for slot in 0..<slotCount {
      guard var chain = chain(inSlot: slot) else { continue }
      used += 1
      while nextPlace(of: &chain) != nil { chained += 1 }
    }
    precondition(used == usedSlotCount && chained == entryCount, "an entry is in no chain, or in two")
  }
}
