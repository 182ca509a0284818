package import SpanModel

/// A fast keyed hash of trace ids, for tables and filters. It is written to disk with its key: changing it
/// is a change of format.
///
/// Trace ids come from outside, so without a key anyone could send ids that all fall into one place. Two
/// folded multiplications are far from a cipher; they need only to keep who sees no hashes from aiming.
package struct TraceIDHash: Sendable {
  private let highKey: UInt64
  private let lowKey: UInt64

  /// - Parameter key: random; kept secret while the table is open to ids from outside.
  package init(key: HashKey) {
    highKey = key.high
    lowKey = key.low
  }

  /// 64 bits, all of them good: a place may be taken from some and a tag from others.
  @inline(__always)
  package func hash(of traceID: TraceID) -> UInt64 {
    // The first product mixes both halves; folding it here would forget half of it, so the second takes all.
    let product = (traceID.high ^ highKey).multipliedFullWidth(by: traceID.low ^ lowKey)
    let folded = (product.high ^ lowKey ^ 0x9e37_79b9_7f4a_7c15)
      .multipliedFullWidth(by: product.low ^ highKey ^ 0xd1b5_4a32_d192_ed03)
    return folded.high ^ folded.low
  }
}
