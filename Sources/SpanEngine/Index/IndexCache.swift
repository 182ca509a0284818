internal import SpanWire

/// Pages of index files that were read last: so many bytes for all segments of a store together, whatever
/// their number.
///
/// Set-associative: a page has eight places it may stand in, and the one used longest ago gives way. Locks
/// are held for as long as it takes to find a tag in a page, never while the disk is asked.
final class IndexCache: @unchecked Sendable {
  // SAFETY: what is not constant is touched under the lock of its set only: see below.

  /// Which page of which segment's index.
  struct Key: Equatable {
    let segment: UInt64
    let page: UInt32
  }

  private static let wayCount = 8
  private static let stripeCountMax = 16

  private struct Slot {
    var key: Key?
    var lastUse: UInt64 = 0
  }

  private let setCount: Int
  private let locks: [Lock]
  // SAFETY: slots and pages of a set are only touched under the set's lock; a stripe's clock under the
  // stripe's.
  private let slots: UnsafeMutablePointer<Slot>
  private let pages: UnsafeMutableRawPointer
  private let clocks: UnsafeMutablePointer<UInt64>

  /// - Parameter byteCount: of the pages; one set at the least.
  init(byteCount: Int) {
    setCount = max(1, byteCount / IndexPage.byteCount / Self.wayCount)
    let stripeCount = min(setCount, Self.stripeCountMax)
    locks = (0..<stripeCount).map { _ in Lock() }
    clocks = .allocate(capacity: stripeCount)
    clocks.initialize(repeating: 0, count: stripeCount)
    slots = .allocate(capacity: setCount * Self.wayCount)
    slots.initialize(repeating: Slot(), count: setCount * Self.wayCount)
    pages = .allocate(
      byteCount: setCount * Self.wayCount * IndexPage.byteCount, alignment: IndexPage.byteCount)
  }

  deinit {
    slots.deinitialize(count: setCount * Self.wayCount)
    slots.deallocate()
    clocks.deallocate()
    pages.deallocate()
  }

  /// What `use` makes of the page, or `nil` when it is not held.
  ///
  /// - Parameter use: gets 4096 checked bytes, valid during the call.
  func withPage<Value>(_ key: Key, _ use: (UnsafeRawPointer) -> Value) -> Value? {
    let set = set(of: key)
    let stripe = set % locks.count
    return locks[stripe].withLock {
      for slot in set * Self.wayCount..<(set + 1) * Self.wayCount where slots[slot].key == key {
        clocks[stripe] += 1
        slots[slot].lastUse = clocks[stripe]
        return use(UnsafeRawPointer(pages + slot * IndexPage.byteCount))
      }
      return nil
    }
  }

  /// Keeps a copy of the 4096 checked bytes at `page`.
  func keep(_ key: Key, _ page: UnsafeRawPointer) {
    let set = set(of: key)
    let stripe = set % locks.count
    locks[stripe].withLock {
      var chosen = set * Self.wayCount
      for slot in set * Self.wayCount..<(set + 1) * Self.wayCount {
        if slots[slot].key == key { return }
        if slots[slot].lastUse < slots[chosen].lastUse { chosen = slot }
      }
      clocks[stripe] += 1
      slots[chosen] = Slot(key: key, lastUse: clocks[stripe])
      (pages + chosen * IndexPage.byteCount).copyMemory(from: page, byteCount: IndexPage.byteCount)
    }
  }

  private func set(of key: Key) -> Int {
    // Fibonacci hashing of two small numbers; neighbouring pages fall into different sets.
    let mixed = (key.segment &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(key.page)) &* 0xd1b5_4a32_d192_ed03
    return Int((mixed >> 32) % UInt64(setCount))
  }
}
