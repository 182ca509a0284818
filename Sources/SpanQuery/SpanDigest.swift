internal import SpanWire

/// A keyed 128-bit hash of a span and both its envelopes: equal spans have equal ones, and no others do.
struct SpanDigest: Hashable, Comparable, Sendable {
  private let high: UInt64
  private let low: UInt64

  /// - Parameter envelopes: their hash, which is the same for all spans of a scope.
  init(key: (UInt64, UInt64), span: UnsafeRawBufferPointer, envelopes: (UInt64, UInt64)) {
    var hash = KeyedHash128(key: key)
    hash.combine(envelopes.0)
    hash.combine(envelopes.1)
    hash.combine(span)
    (high, low) = hash.finalize()
  }

  static func envelopes(
    key: (UInt64, UInt64), resource: UnsafeRawBufferPointer, scope: UnsafeRawBufferPointer
  ) -> (UInt64, UInt64) {
    var hash = KeyedHash128(key: key)
    // Lengths first, or bytes could move from one envelope to the other unnoticed.
    hash.combine(UInt64(resource.count))
    hash.combine(UInt64(scope.count))
    hash.combine(resource)
    hash.combine(scope)
    return hash.finalize()
  }

  static func < (left: SpanDigest, right: SpanDigest) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}
