/// How the places of a fuse filter are laid out: in segments of one length, a key having a place in each of
/// three segments that follow one another.
///
///     segment    0     1     2     3     …    count + 1
///             ┌─────┬─────┬─────┬─────┬─ ─ ─┬─────┐
///             │  ●  │ ●   │   ● │     │     │     │      ● places of a key that begins in segment 0
///             └─────┴─────┴─────┴─────┴─ ─ ─┴─────┘
///
/// The paper has segments of powers of two, and then finds places with masks. Here a length may be any: a
/// filter of some hundred keys would otherwise be up to a quarter larger, and multiplying costs no more.
struct FuseLayout: Equatable, Sendable {
  /// Segments in which a key may begin. Two more stand behind them; an empty filter has none at all.
  let segmentCount: UInt64
  let segmentLength: UInt64

  init(segmentCount: UInt16, segmentLength: UInt32) {
    self.segmentCount = UInt64(segmentCount)
    self.segmentLength = UInt64(segmentLength)
  }

  /// The layout that filters with `keyCount` keys are built in. A reader takes it from the filter's header,
  /// so it may change.
  ///
  /// Measured, not derived: the smallest lengths at which an attempt succeeds at least every second time
  /// below 10,000 keys, where it is cheap, and nine times in ten from there on. Few keys do best with three
  /// plain blocks (1.23 places a key), many with a chain (1.13 at a million): its ends, where places are
  /// sparse, start the peeling, and it needs room for chance in each segment.
  init(keyCount: Int) {
    let keys = UInt64(keyCount)
    switch keyCount {
    case 0: (segmentCount, segmentLength) = (0, 0)
    case ..<10_000: (segmentCount, segmentLength) = (1, keys * 41_000 / 100_000 + 3)
    case ..<20_000: (segmentCount, segmentLength) = (32, keys * 3_470 / 100_000 + 17)
    case ..<250_000: (segmentCount, segmentLength) = (64, keys * 1_730 / 100_000 + 29)
    default: (segmentCount, segmentLength) = (128, keys * 859 / 100_000 + 67)
    }
  }

  /// Below 2^49: 16 bits of segments, each of 32 bits.
  var placeCount: Int { segmentCount == 0 ? 0 : Int((segmentCount + 2) * segmentLength) }

  /// The three places of a key, each below `placeCount` whatever `hash` is; not for an empty layout.
  ///
  /// The upper 22 bits choose the first, the next 21 the second and the last 21 the third. Bits below those
  /// only break ties, so sharing them does no harm.
  @inline(__always)
  func places(of hash: UInt64) -> (Int, Int, Int) {
    let (segment, rest) = hash.multipliedFullWidth(by: segmentCount)
    // Below segmentCount * segmentLength, as `segment` is below the count: nothing here can overflow.
    let start = segment &* segmentLength
    let first = start &+ scaled(rest)
    let second = start &+ segmentLength &+ scaled(hash &<< 22 | hash &>> 42)
    let third = start &+ segmentLength &* 2 &+ scaled(hash &<< 43 | hash &>> 21)
    return (Int(truncatingIfNeeded: first), Int(truncatingIfNeeded: second), Int(truncatingIfNeeded: third))
  }

  /// A number below `segmentLength`, evenly from all of `bits`.
  @inline(__always)
  private func scaled(_ bits: UInt64) -> UInt64 { bits.multipliedFullWidth(by: segmentLength).high }
}
