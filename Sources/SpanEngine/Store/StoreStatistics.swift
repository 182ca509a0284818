package import SpanModel
internal import Synchronization

/// Counters and gauges of an open store, taken at one moment without stopping anything.
package struct StoreStatistics: Sendable {
  package var durability: Durability = .sync
  package var laneCount: UInt64 = 0
  package var activeSegmentCount: UInt64 = 0
  package var fullSegmentCount: UInt64 = 0
  package var sealedSegmentCount: UInt64 = 0
  package var sealedByteCount: UInt64 = 0
  package var sealedSpanCount: UInt64 = 0
  /// Bytes of valid frames in all log segments, and of sealed ones.
  package var storedByteCount: UInt64 = 0
  /// Requests stored, those found when opening and those retired since included: these three never fall.
  package var requestCount: UInt64 = 0
  package var acceptedSpanCount: UInt64 = 0
  package var rejectedSpanCount: UInt64 = 0
  /// Of those, what is in segments that were not retired: what `storedByteCount` holds.
  package var storedRequestCount: UInt64 = 0
  package var storedSpanCount: UInt64 = 0
  /// Frames written since opening.
  package var commitCount: UInt64 = 0
  package var syncCount: UInt64 = 0
  package var queuedByteCount: UInt64 = 0
  /// Traces indexed, counted once for each segment they are in.
  package var indexedTraceCount: UInt64 = 0
  /// Memory of all indexes; those of full segments are in files, and take next to none.
  package var indexByteCount: UInt64 = 0
  /// Full segments that went since opening, and how many of their files were used again.
  package var retiredSegmentCount: UInt64 = 0
  /// Of those that went, the ones that went because of their age.
  package var agedSegmentCount: UInt64 = 0
  package var recycledFileCount: UInt64 = 0
  /// Sealed segments that were merged or rewritten since opening, their bytes, and those of what came of
  /// them.
  package var compactedSegmentCount: UInt64 = 0
  package var compactionReadByteCount: UInt64 = 0
  package var compactionWrittenByteCount: UInt64 = 0
  /// Spans that were left out then, by why.
  package var droppedCopyCount: UInt64 = 0
  package var droppedDeletedSpanCount: UInt64 = 0
  package var droppedOldSpanCount: UInt64 = 0
  package var droppedJudgedSpanCount: UInt64 = 0
  /// Sealed segments that are still to be merged, and full ones that are still to be sealed.
  package var compactionDebtSegmentCount: UInt64 = 0
  package var compactionDebtByteCount: UInt64 = 0
  package var sealDebtSegmentCount: UInt64 = 0
  package var sealDebtByteCount: UInt64 = 0
  /// Tombstones in force.
  package var tombstoneCount: UInt64 = 0
  /// Traces deleted since opening, and spans refused since then because their trace was.
  package var deletionCount: UInt64 = 0
  package var heldSpanCount: UInt64 = 0
  package var damageCount: UInt64 = 0
  package var damagedByteCount: UInt64 = 0

  package init() {}
}

/// The counters behind the statistics.
final class StoreCounters: Sendable {
  let requests = Atomic<UInt64>(0)
  let acceptedSpans = Atomic<UInt64>(0)
  let rejectedSpans = Atomic<UInt64>(0)
  let commits = Atomic<UInt64>(0)
  let syncs = Atomic<UInt64>(0)
  let retiredSegments = Atomic<UInt64>(0)
  let agedSegments = Atomic<UInt64>(0)
  let recycledFiles = Atomic<UInt64>(0)
  let compactedSegments = Atomic<UInt64>(0)
  let compactionReadBytes = Atomic<UInt64>(0)
  let compactionWrittenBytes = Atomic<UInt64>(0)
  let droppedCopies = Atomic<UInt64>(0)
  let droppedDeletedSpans = Atomic<UInt64>(0)
  let droppedOldSpans = Atomic<UInt64>(0)
  let droppedJudgedSpans = Atomic<UInt64>(0)
  /// In the retired segments.
  let retiredRequests = Atomic<UInt64>(0)
  let retiredSpans = Atomic<UInt64>(0)
  let deletions = Atomic<UInt64>(0)
  let heldSpans = Atomic<UInt64>(0)
  let damages = Atomic<UInt64>(0)
  let damagedBytes = Atomic<UInt64>(0)
}
