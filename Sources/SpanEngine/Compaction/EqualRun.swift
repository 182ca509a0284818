internal import SpanModel
internal import SpanWire

/// Tells copies among spans that come one behind the other because their ids are equal.
///
/// There may be many of one id that differ. Past a bound copies are no longer told: who reads them knows how.
struct EqualRun {
  private struct Digest: Hashable {
    let high: UInt64
    let low: UInt64
  }

  /// About 3 MiB.
  private static let countMax = 1 << 16

  private let key: (UInt64, UInt64)
  private var traceID = TraceID.zero
  private var spanID: UInt64 = 0
  private var seen: Set<Digest> = []

  init(key: HashKey) { self.key = (key.low, key.high) }

  /// Whether the span that `input` stands at is the first of its kind.
  mutating func isNew(_ at: MergeInput.Key, _ input: MergeInput) -> Bool {
    if at.spanID != spanID || at.traceID != traceID {
      (traceID, spanID) = (at.traceID, at.spanID)
      seen.removeAll(keepingCapacity: seen.count < 16)
    }
    let (high, low) = input.contentDigest(key: key)
    let digest = Digest(high: high, low: low)
    guard seen.count < Self.countMax else { return !seen.contains(digest) }
    return seen.insert(digest).inserted
  }
}
