/// 128 random bits of one file, mixed into every checksum in it and known to nobody outside.
///
/// They make bytes of an earlier life of the file, of another file, of another place in this one, or of a
/// client that imitates our frames fail their checksums. A stored checksum is the CRC-32C of the bytes,
/// xor-ed with `mask(at:)` of the position where they stand: so it can be computed before the position
/// is known, and detects all that the bare CRC does.
package struct FileSalt: Equatable, Sendable {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// 64 bits of this file and `position`: two rounds of folded 64×64-bit multiplication.
  package func identity(at position: UInt64) -> UInt64 {
    let first = Self.fold(position ^ low, high | 1)
    return Self.fold(first ^ high, low ^ 0x9e37_79b9_7f4a_7c15)
  }

  /// What a checksum of the bytes at `position` is xor-ed with.
  package func mask(at position: UInt64) -> UInt32 {
    // Another constant than in a bare identity, so that a mask reveals nothing of one.
    UInt32(truncatingIfNeeded: identity(at: position ^ 0xc2b2_ae3d_27d4_eb4f) >> 32)
  }

  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}
