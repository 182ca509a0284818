package import SpanModel
internal import SpanWire

/// All segments there were at one moment, oldest first.
package struct SegmentSnapshot: Sendable {
  private let segments: [IndexedSegment]
  private let hash: TraceIDHash
  private let repair: IndexRepair

  init(_ segments: [IndexedSegment], hash: TraceIDHash, repair: IndexRepair) {
    self.segments = segments
    self.hash = hash
    self.repair = repair
  }

  package var count: Int { segments.count }

  package func segment(_ number: Int) -> Segment { segments[number].segment }

  /// The places of a trace, segment by segment, oldest first.
  package func places(of traceID: TraceID) -> [PlaceReader] {
    let hash = hash.hash(of: traceID)
    return segments.compactMap { PlaceReader($0, hash: hash, repair: repair) }
  }

  /// The places of all traces, ascending by tag.
  package func merge(heldEntryCountMax: Int = IndexMerge.heldEntryCountUsual) -> IndexMerge {
    IndexMerge(segments, hash: hash, repair: repair, heldEntryCountMax: heldEntryCountMax)
  }

  /// Has `merge`, which is of an earlier snapshot, let go of the segments that are not in this one.
  package func release(retiredFrom merge: inout IndexMerge) {
    merge.keep(only: Set(segments.map(\.segment.sequence)))
  }
}
