internal import SpanModel
internal import SpanWire

/// Where the requests of a store are, for who wants to know whether a tombstone still hides some.
struct StoredRequests {
  private let sealed: [SealedSegment]
  /// No request outside of sealed segments has a lower sequence.
  private let logStart: RecordSequence

  init(_ sealed: [SealedSegment], _ segments: [Segment]) {
    self.sealed = sealed
    logStart = segments.map(\.requestSequenceStart).min() ?? Segment.noRequestSequence
  }

  /// Whether any request may have spans that the tombstone hides: one that came before it, and that no
  /// compaction which knew of it has rewritten, and no search found to be without such spans.
  func mayHaveSpans(hiddenBy noted: NotedTombstone) -> Bool {
    logStart < noted.tombstone.sequence || sealed.contains { $0.mayHaveSpans(hiddenBy: noted) }
  }
}

extension SealedSegment {
  func mayHaveSpans(hiddenBy noted: NotedTombstone) -> Bool {
    noted.ordinal > searchedOrdinal && mayHaveSpans(hiddenBy: noted.tombstone)
  }

  func mayHaveSpans(hiddenBy tombstone: Tombstone) -> Bool {
    footer.firstRecord < tombstone.sequence && !carriedOut.contains(SealedTombstone(tombstone))
  }
}

extension SealedTombstone {
  init(_ tombstone: Tombstone) {
    self.init(high: tombstone.trace.high, low: tombstone.trace.low, sequence: tombstone.sequence)
  }
}
