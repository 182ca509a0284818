package import SpanEngine
package import SpanModel

/// What spans are looked for: the newest, by their start, that a predicate is true of.
package struct SpanSearch: Sendable {
  /// What an answer may have: about 3 MiB of spans' keys and names.
  package static let limitMax = 10_000

  package var predicate: SpanPredicate
  /// Least start, and the first that is too late: Unix nanoseconds.
  package var starts: Range<UInt64>
  /// Spans that are returned at the most.
  package var limit: Int
  /// Whose spans are looked for, whatever partition they came through.
  package var tenant: UInt32

  package init(
    _ predicate: SpanPredicate, tenant: UInt32 = 0, starts: Range<UInt64> = 0..<UInt64.max, limit: Int = 20
  ) {
    precondition((1...Self.limitMax).contains(limit), "a limit that the caller had to check")
    self.predicate = predicate
    self.tenant = tenant
    self.starts = starts
    self.limit = limit
  }
}

/// A span that a search found.
package struct FoundSpan: Sendable {
  /// Longer names and services are cut: the span itself has them whole.
  static let textByteCountMax = 1024

  package let traceID: TraceID
  package let spanID: UInt64
  /// Zero when it has none.
  package let parentID: UInt64
  package let start: UInt64
  package let end: UInt64
  package let isError: Bool
  /// As they came: not checked to be UTF-8. Empty where there is none.
  package let service: [UInt8]
  package let name: [UInt8]
  /// Tells it from spans that are not equal to it.
  let digest: SpanDigest
}

/// What a search found, and what it took.
package struct SearchResult: Sendable {
  /// The newest first; those of equal start in order of trace and span.
  package internal(set) var spans: [FoundSpan] = []
  /// What could not be read, so that spans may be missing: the first that was met.
  package internal(set) var damage: StoreError?
  package internal(set) var cost = SearchCost()

  package init() {}
}

/// What a search looked at.
package struct SearchCost: Equatable, Sendable {
  package internal(set) var sealedSegmentCount = 0
  /// Of all sealed segments.
  package internal(set) var rowGroupCount = 0
  /// Whose spans were looked at.
  package internal(set) var decodedRowGroupCount = 0
  /// Runs of records that are not sealed.
  package internal(set) var runCount = 0
  package internal(set) var readRunCount = 0
  /// Spans that were put together or read, to ask the predicate of them.
  package internal(set) var spanCount: UInt64 = 0
}
