package import SpanEngine

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
