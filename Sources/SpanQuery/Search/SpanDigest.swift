internal import SpanWire

/// A keyed 128-bit hash of a span and both its envelopes: equal spans have equal ones, and no others do.
struct SpanDigest: Hashable, Comparable, Sendable {
  let high: UInt64
  let low: UInt64

  init(
    key: (UInt64, UInt64), span: UnsafeRawBufferPointer, resource: UnsafeRawBufferPointer,
    scope: UnsafeRawBufferPointer
  ) {
    var hash = KeyedHash128(key: key)
    // Lengths first, or bytes could move from one to the other unnoticed.
    hash.combine(UInt64(resource.count))
    hash.combine(UInt64(scope.count))
    hash.combine(resource)
    hash.combine(scope)
    hash.combine(span)
    (high, low) = hash.finalize()
  }

  static func < (left: SpanDigest, right: SpanDigest) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}
