/// The keys of a filter under one seed: ascending and each once.
///
/// Sorted not only to find the doubles: keys that follow one another then lie in the same segments, so that
/// building stays in the cache.
struct FuseKeys {
  private static let digitCount = 4
  private static let digitValueCount = 256
  /// So few are inserted one by one sooner than digits are counted.
  private static let insertedCountMax = 64

  /// Room for twice the keys: each pass of the sort goes from one half to the other.
  private var memory: [UInt64] = []
  private var digitStarts = [UInt32](repeating: 0, count: digitCount * digitValueCount)
  private(set) var count = 0

  mutating func fill(with hashes: UnsafeBufferPointer<UInt64>, seed: UInt64) {
    if memory.count < hashes.count * 2 { memory = [UInt64](repeating: 0, count: hashes.count * 2) }
    count = memory.withUnsafeMutableBufferPointer { memory in
      guard let keys = memory.baseAddress, !hashes.isEmpty else { return 0 }
      // SAFETY: `memory` has room for twice the hashes, here and in all that is called.
      for number in 0..<hashes.count { keys[number] = FuseHash.mixed(hashes[number], seed: seed) }
      if hashes.count > Self.insertedCountMax {
        digitStarts.withUnsafeMutableBufferPointer { starts in
          // SAFETY: there is a start for each value of each digit, as in all that is called.
          Self.sortByUpperHalf(keys, count: hashes.count, starts: starts.baseAddress!)
        }
      }
      Self.sortNearlySorted(keys, count: hashes.count)
      return Self.moveTogether(keys, count: hashes.count)
    }
  }

  /// Lends the keys, which may be written over: the next `fill` makes them anew.
  mutating func withKeys<Result>(_ body: (UnsafeMutablePointer<UInt64>, Int) -> Result) -> Result {
    // An array without elements has no address, and building without keys needs one all the same.
    if memory.isEmpty { memory = [0, 0] }
    // SAFETY: not empty here, so it has an address.
    return memory.withUnsafeMutableBufferPointer { body($0.baseAddress!, count) }
  }

  /// By the upper 32 bits, of which keys that are not equal rarely share all: four passes, a byte each.
  private static func sortByUpperHalf(
    _ keys: UnsafeMutablePointer<UInt64>, count: Int, starts: UnsafeMutablePointer<UInt32>
  ) {
    countDigits(keys, count: count, starts: starts)
    var (from, to) = (keys, keys + count)
    for digit in 0..<digitCount {
      let next = starts + digit * digitValueCount
      for number in 0..<count {
        let key = from[number]
        let value = self.value(of: key, digit: digit)
        to[Int(next[value])] = key
        next[value] &+= 1
      }
      swap(&from, &to)
    }
  }

  /// Writes how many keys have a lower value, for each value of each digit.
  private static func countDigits(
    _ keys: UnsafeMutablePointer<UInt64>, count: Int, starts: UnsafeMutablePointer<UInt32>
  ) {
    starts.update(repeating: 0, count: digitCount * digitValueCount)
    for number in 0..<count {
      let key = keys[number]
      for digit in 0..<digitCount { starts[digit * digitValueCount + value(of: key, digit: digit)] &+= 1 }
    }
    for digit in 0..<digitCount {
      var lower: UInt32 = 0
      for slot in digit * digitValueCount..<(digit + 1) * digitValueCount {
        (starts[slot], lower) = (lower, lower &+ starts[slot])
      }
    }
  }

  @inline(__always)
  private static func value(of key: UInt64, digit: Int) -> Int {
    Int(truncatingIfNeeded: key &>> UInt64(32 &+ digit &* 8)) & 0xff
  }

  private static func sortNearlySorted(_ keys: UnsafeMutablePointer<UInt64>, count: Int) {
    for number in 1..<max(count, 1) {
      let key = keys[number]
      var place = number
      while place > 0, keys[place &- 1] > key {
        keys[place] = keys[place &- 1]
        place &-= 1
      }
      keys[place] = key
    }
  }

  /// - Returns: how many different keys there are; they come to stand in front.
  private static func moveTogether(_ keys: UnsafeMutablePointer<UInt64>, count: Int) -> Int {
    var different = 1
    for number in 1..<max(count, 1) where keys[number] != keys[different &- 1] {
      keys[different] = keys[number]
      different &+= 1
    }
    return different
  }
}
