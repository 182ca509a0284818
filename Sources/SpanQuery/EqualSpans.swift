/// Tells spans that were already returned: a span is the same when its bytes and both its envelopes are.
///
/// Keeps a keyed 128-bit hash of each, up to a bound; past the bound a span that comes again is no longer
/// known, and `isComplete` says so.
struct EqualSpans {
  /// About 3 MiB for one read.
  static let spanCountMax = 1 << 16

  private let key: (UInt64, UInt64)
  private var seen: Set<SpanDigest> = []
  /// Those of them that any span may still be equal to.
  private var kept: Set<SpanDigest> = []
  /// Hash of the envelopes of the spans to come.
  private var envelopes: (UInt64, UInt64) = (0, 0)
  /// Whether every span returned so far is remembered.
  private(set) var isComplete = true

  init(key: (UInt64, UInt64)) { self.key = key }

  /// Whatever comes may be equal to the spans so far.
  mutating func keepAll() {
    kept.formUnion(seen)
    seen.removeAll()
  }

  /// What comes has other ids than the spans so far, but for those that are kept.
  mutating func beginIDs() { seen.removeAll(keepingCapacity: true) }

  /// Sets the envelopes of the spans to come.
  mutating func setEnvelopes(resource: [UInt8], scope: [UInt8]) {
    envelopes = resource.withUnsafeBytes { resource in
      scope.withUnsafeBytes { SpanDigest.envelopes(key: key, resource: resource, scope: $0) }
    }
  }

  /// Whether a span with these bytes was not yet met, as far as is known; from now on it was.
  mutating func isNew(_ span: UnsafeRawBufferPointer) -> Bool {
    let digest = SpanDigest(key: key, span: span, envelopes: envelopes)
    if kept.contains(digest) { return false }
    guard seen.count < Self.spanCountMax else {
      isComplete = false
      return !seen.contains(digest)
    }
    return seen.insert(digest).inserted
  }
}
