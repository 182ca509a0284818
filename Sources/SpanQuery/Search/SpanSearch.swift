/// What spans are looked for: the newest, by their start, that a predicate is true of.
package struct SpanSearch: Sendable {
  /// What an answer may have: about 3 MiB of spans' keys and names.
  package static let limitMax = 10_000

  package var predicate: SpanPredicate
  /// Least and greatest start: Unix nanoseconds.
  package var starts: ClosedRange<UInt64>
  /// Spans that are returned at the most.
  package var limit: Int
  /// Whose spans are looked for, whatever partition they came through.
  package var tenant: UInt32

  package init(
    _ predicate: SpanPredicate, tenant: UInt32 = 0, starts: ClosedRange<UInt64> = 0...UInt64.max,
    limit: Int = 20
  ) {
    precondition((1...Self.limitMax).contains(limit), "a limit that the caller had to check")
    self.predicate = predicate
    self.tenant = tenant
    self.starts = starts
    self.limit = limit
  }
}
