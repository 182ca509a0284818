package import SpanModel
internal import SpanWire

/// All segments there were at one moment, oldest first.
package struct SegmentSnapshot: Sendable {
  private let segments: [IndexedSegment]
  package let sealed: [SealedSegment]
  private let hash: TraceIDHash
  private let repair: IndexRepair

  init(
    _ snapshot: (sealed: [SealedSegment], segments: [IndexedSegment]), hash: TraceIDHash, repair: IndexRepair
  ) {
    segments = snapshot.segments
    sealed = snapshot.sealed
    self.hash = hash
    self.repair = repair
  }

  package var count: Int { segments.count }

  package func segment(_ number: Int) -> Segment { segments[number].segment }

  /// The places of a trace, segment by segment, oldest first: of all tenants, as each record tells of whom it
  /// is.
  package func places(of traceID: TraceID) -> [PlaceReader] {
    let hash = hash.hash(of: traceID)
    return segments.compactMap { PlaceReader($0, hash: hash, repair: repair) }
  }

  /// Readers of the sealed segments that may have a trace of a tenant, oldest first.
  package func sealedReaders(of traceID: TraceID, tenant: UInt32) -> [SealedTraceReader] {
    sealed.compactMap { $0.footer.tenant == tenant ? SealedTraceReader($0, traceID) : nil }
  }

  /// The places of all traces, ascending by tag.
  package func merge(heldEntryCountMax: Int = IndexMerge.heldEntryCountUsual) -> IndexMerge {
    IndexMerge(segments, hash: hash, repair: repair, heldEntryCountMax: heldEntryCountMax)
  }

  /// Has `merge`, which is of an earlier snapshot, let go of the segments that are not in this one, unless
  /// their spans are now in a sealed one.
  package func release(retiredFrom merge: inout IndexMerge) {
    let superseded = sealed.flatMap(\.supersedes).filter { $0.kind == .log }.map(\.sequence)
    merge.keep(only: Set(segments.map(\.segment.sequence) + superseded))
  }
}
