/// How a filter hashes: keys come hashed, but each attempt at building must see them fall elsewhere.
enum FuseHash {
  /// What a key becomes under a seed: a bijection, so different keys stay different.
  ///
  /// Source: the 64-bit finish of MurmurHash3, A. Appleby, in the public domain.
  @inline(__always)
  static func mixed(_ key: UInt64, seed: UInt64) -> UInt64 {
    var hash = key &+ seed
    hash = (hash ^ hash &>> 33) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ hash &>> 33) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ hash &>> 33
  }

  /// The eight bits that the fingerprints of a key's three places xor to.
  @inline(__always)
  static func fingerprint(of hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash ^ hash &>> 32) }
}
