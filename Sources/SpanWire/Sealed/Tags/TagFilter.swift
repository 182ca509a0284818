/// Which tags the spans of a row group, or of a request, may have: a Bloom filter.
///
/// "No" is certain; how often "maybe" is wrong is a matter of its size. No bytes at all say "maybe" to
/// everything.
///
/// Source: B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors" (1970), with the places
/// of P. C. Dillinger and P. Manolios, "Bloom filters in probabilistic verification" (2004).
package struct TagFilter {
  /// How large a filter is, and how many of its bits a tag sets.
  package struct Density: Sendable {
    fileprivate let quarterBitsPerTag: Int
    fileprivate let probeCount: Int

    /// In files: 8.5 bits; 1.7 % of the tags that are not there seem to be.
    package static let stored = Density(quarterBitsPerTag: 34, probeCount: 6)
    /// In memory: 5.5 bits; 7 % of them do.
    package static let held = Density(quarterBitsPerTag: 22, probeCount: 4)
  }

  private let bits: UnsafeRawBufferPointer
  private let density: Density

  /// - Parameter bytes: must outlive this value.
  package init(_ bytes: UnsafeRawBufferPointer, _ density: Density = .stored) {
    bits = bytes
    self.density = density
  }

  package func mayContain(_ tag: UInt64) -> Bool {
    guard bits.count > 0 else { return true }
    var places = Places(of: tag, byteCount: bits.count)
    for _ in 0..<density.probeCount {
      let place = places.next()
      if bits[place &>> 3] & 1 &<< (UInt8(truncatingIfNeeded: place) & 7) == 0 { return false }
    }
    return true
  }

  /// Appends the filter of these tags.
  ///
  /// - Returns: bytes appended.
  static func append(
    _ tags: UnsafeBufferPointer<UInt64>, _ density: Density, to bytes: inout PlainArray<UInt8>
  ) -> Int {
    let byteCount = max(8, (tags.count * density.quarterBitsPerTag + 31) / 32)
    let start = bytes.count
    bytes.append(repeating: 0, count: byteCount)
    let bits = bytes.base + start
    for tag in tags {
      var places = Places(of: tag, byteCount: byteCount)
      for _ in 0..<density.probeCount {
        let place = places.next()
        bits[place &>> 3] |= 1 &<< (UInt8(truncatingIfNeeded: place) & 7)
      }
    }
    return byteCount
  }

  /// Where the bits of a tag are: enhanced double hashing.
  private struct Places {
    private var first: UInt32
    private var second: UInt32
    private var number: UInt32 = 0
    private let bitCount: UInt64

    @inline(__always)
    init(of tag: UInt64, byteCount: Int) {
      first = UInt32(truncatingIfNeeded: tag)
      second = UInt32(truncatingIfNeeded: tag &>> 32)
      bitCount = UInt64(byteCount) &* 8
    }

    @inline(__always)
    mutating func next() -> Int {
      let place = Int(truncatingIfNeeded: (UInt64(first) &* bitCount) &>> 32)
      number &+= 1
      first &+= second
      second &+= number
      return place
    }
  }
}
