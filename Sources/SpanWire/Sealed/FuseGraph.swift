/// Who shares a place with whom, while a filter is built.
///
/// A key alone at one of its places can be given its fingerprint there last, whatever the others get. Taking
/// it away leaves others alone. When all are taken that way ("peeled"), fingerprints are given in the
/// reverse order.
struct FuseGraph {
  /// Sums, queue, counts and turns of `Places`, one behind the other.
  private var memory: [UInt64] = []

  /// Puts `keys`, which must differ, into the order in which they can be taken away.
  ///
  /// - Returns: whether all could be.
  mutating func peel(_ keys: UnsafeMutablePointer<UInt64>, count: Int, layout: FuseLayout) -> Bool {
    let wordCount = Places.wordCount(keyCount: count, placeCount: layout.placeCount)
    if memory.count < wordCount { memory = [UInt64](repeating: 0, count: wordCount) }
    return withPlaces(keyCount: count, layout: layout) { places in
      places.clear()
      return places.add(keys, count: count) && places.peel(into: keys) == count
    }
  }

  /// Writes the fingerprints of `keys`, which were just peeled, to as many zeroes as there are places.
  mutating func assign(
    _ keys: UnsafeMutablePointer<UInt64>, count: Int, layout: FuseLayout,
    to fingerprints: UnsafeMutableRawPointer
  ) {
    withPlaces(keyCount: count, layout: layout) { places in
      let fingerprints = fingerprints.assumingMemoryBound(to: UInt8.self)
      for number in (0..<count).reversed() {
        let key = keys[number]
        let (first, second, third) = layout.places(of: key)
        // The key's own place is still zero, so all three may be taken.
        let others = fingerprints[first] ^ fingerprints[second] ^ fingerprints[third]
        let turn = places.turns[number]
        let own = turn == 0 ? first : turn == 1 ? second : third
        fingerprints[own] = FuseHash.fingerprint(of: key) ^ others
      }
    }
  }

  private mutating func withPlaces<Result>(
    keyCount: Int, layout: FuseLayout, _ body: (Places) -> Result
  ) -> Result {
    memory.withUnsafeMutableBytes { memory in
      // SAFETY: `peel` comes first and makes room, one word at least.
      body(Places(memory.baseAddress!, keyCount: keyCount, layout: layout))
    }
  }
}

extension FuseGraph {
  /// The places of a layout in memory lent for one step of the building.
  struct Places {
    let layout: FuseLayout
    /// Of each place: the keys there, xor-ed. Of one key alone that is the key.
    let sums: UnsafeMutablePointer<UInt64>
    /// Places found to hold one key.
    let queue: UnsafeMutablePointer<UInt32>
    /// Of each place: how many keys are there, times four; and xor-ed below, which of a key's three it is.
    let counts: UnsafeMutablePointer<UInt8>
    /// Of each peeled key: at which of its three places it was alone.
    let turns: UnsafeMutablePointer<UInt8>

    /// The queue has a slot more than there are places: one is written before it is known to count.
    static func wordCount(keyCount: Int, placeCount: Int) -> Int {
      (placeCount * 8 + (placeCount + 1) * 4 + placeCount + keyCount) / 8 + 1
    }

    init(_ memory: UnsafeMutableRawPointer, keyCount: Int, layout: FuseLayout) {
      self.layout = layout
      let placeCount = layout.placeCount
      // SAFETY: these are the summands of `wordCount`, in its order; the wider ones stand in front.
      sums = memory.assumingMemoryBound(to: UInt64.self)
      queue = (memory + placeCount * 8).assumingMemoryBound(to: UInt32.self)
      counts = (memory + placeCount * 8 + (placeCount + 1) * 4).assumingMemoryBound(to: UInt8.self)
      turns = counts + placeCount
    }

    func clear() {
      sums.update(repeating: 0, count: layout.placeCount)
      counts.update(repeating: 0, count: layout.placeCount)
    }

    /// - Returns: `false` when a place got more keys than its count can tell, 63.
    func add(_ keys: UnsafeMutablePointer<UInt64>, count: Int) -> Bool {
      var isOverflown = false
      for number in 0..<count {
        let key = keys[number]
        let (first, second, third) = layout.places(of: key)
        isOverflown = add(key, at: first, turn: 0) || isOverflown
        isOverflown = add(key, at: second, turn: 1) || isOverflown
        isOverflown = add(key, at: third, turn: 2) || isOverflown
      }
      return !isOverflown
    }

    @inline(__always)
    private func add(_ key: UInt64, at place: Int, turn: UInt8) -> Bool {
      let count = (counts[place] &+ 4) ^ turn
      counts[place] = count
      sums[place] ^= key
      return count < 4
    }

    /// Takes away key after key and writes them to `peeled`, which has room for all that were added.
    ///
    /// - Returns: how many could be taken.
    func peel(into peeled: UnsafeMutablePointer<UInt64>) -> Int {
      var peeledCount = 0
      for start in 0..<layout.placeCount where counts[start] &>> 2 == 1 {
        queue[0] = UInt32(truncatingIfNeeded: start)
        var queueCount = 1
        while queueCount > 0 {
          queueCount &-= 1
          let place = Int(queue[queueCount])
          guard counts[place] &>> 2 == 1 else { continue }
          let key = sums[place]
          peeled[peeledCount] = key
          turns[peeledCount] = counts[place] & 3
          peeledCount &+= 1
          remove(key, queueCount: &queueCount)
        }
      }
      return peeledCount
    }

    @inline(__always)
    private func remove(_ key: UInt64, queueCount: inout Int) {
      let (first, second, third) = layout.places(of: key)
      remove(key, at: first, turn: 0, queueCount: &queueCount)
      remove(key, at: second, turn: 1, queueCount: &queueCount)
      remove(key, at: third, turn: 2, queueCount: &queueCount)
    }

    /// Queues the place if one key is left there; written to the queue in any case, to spare a branch.
    @inline(__always)
    private func remove(_ key: UInt64, at place: Int, turn: UInt8, queueCount: inout Int) {
      let count = (counts[place] &- 4) ^ turn
      counts[place] = count
      sums[place] ^= key
      queue[queueCount] = UInt32(truncatingIfNeeded: place)
      queueCount &+= count &>> 2 == 1 ? 1 : 0
    }
  }
}
