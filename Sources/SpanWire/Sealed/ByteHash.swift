/// A quick hash for tables in memory that compare what they find. Never written down.
///
/// Its seed is a secret where the bytes come from outside: who knew it could send ones that all collide.
enum ByteHash {
  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
    return product.high ^ product.low
  }

  @inline(__always)
  static func hash(_ start: UnsafeRawPointer, _ byteCount: Int, seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: byteCount) &* 0x9e37_79b9_7f4a_7c15
    var next = start
    var left = byteCount
    while left >= 8 {
      hash = mix(hash ^ next.loadUnaligned(as: UInt64.self))
      next += 8
      left &-= 8
    }
    if left >= 4 {
      let low = UInt64(next.loadUnaligned(as: UInt32.self))
      let high = UInt64((next + (left &- 4)).loadUnaligned(as: UInt32.self))
      return mix(hash ^ low ^ high &<< 32)
    }
    var rest: UInt64 = 0
    while left > 0 {
      left &-= 1
      rest = rest &<< 8 | UInt64((next + left).load(as: UInt8.self))
    }
    return mix(hash ^ rest)
  }

  @inline(__always)
  static func areEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ byteCount: Int) -> Bool {
    if byteCount >= 8 {
      // The last word may overlap the one before.
      let last = byteCount &- 8
      var place = 0
      while place < last {
        if !areEqual(left, right, at: place, as: UInt64.self) { return false }
        place &+= 8
      }
      return areEqual(left, right, at: last, as: UInt64.self)
    }
    if byteCount >= 4 {
      return areEqual(left, right, at: 0, as: UInt32.self)
        && areEqual(left, right, at: byteCount &- 4, as: UInt32.self)
    }
    var place = 0
    while place < byteCount {
      if !areEqual(left, right, at: place, as: UInt8.self) { return false }
      place &+= 1
    }
    return true
  }

  @inline(__always)
  private static func areEqual<Word: FixedWidthInteger & BitwiseCopyable>(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, at place: Int, as word: Word.Type
  ) -> Bool {
    (left + place).loadUnaligned(as: word) == (right + place).loadUnaligned(as: word)
  }
}
