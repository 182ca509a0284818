/// Ranges of span ids that a large trace is read in, one after the other, so that equal spans, which have one
/// id, come close together.
struct SpanIDRanges {
  /// Of a range: half of what `EqualSpans` remembers, since ids are not quite evenly spread.
  private static let spanCount = UInt64(EqualSpans.spanCountMax / 2)

  private let count: UInt64
  private var number: UInt64 = 0

  /// - Parameter spanCount: about how many spans there are.
  init(spanCount: UInt64) {
    count = spanCount <= UInt64(EqualSpans.spanCountMax) ? 1 : spanCount / Self.spanCount + 1
  }

  /// Whether there is more than one.
  var areSeveral: Bool { count > 1 }

  /// The greatest id of the present range.
  var last: UInt64 { number + 1 >= count ? .max : (UInt64.max / count) * (number + 1) }

  mutating func advance() { number += 1 }
}
