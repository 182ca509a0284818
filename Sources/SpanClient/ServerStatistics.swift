internal import SpanWire

/// A server's counters since it started, and what it holds now. Counts are exact, taken one after the other.
public struct ServerStatistics: Hashable, Sendable {
  /// What an acked append has behind it: `sync`, `os` or `interval=…`.
  public let durability: String
  public let laneCount: UInt64
  public let activeSegmentCount: UInt64
  /// Full segments that are not sealed: what the roller has still to do.
  public let fullSegmentCount: UInt64
  public let sealedSegmentCount: UInt64
  public let sealedByteCount: UInt64
  public let sealedSpanCount: UInt64
  /// Bytes of valid frames in the store's log files, and of its sealed ones.
  public let storedByteCount: UInt64
  /// Append requests and spans that are stored: those of files that were retired are not among them.
  public let storedRequestCount: UInt64
  public let storedSpanCount: UInt64
  /// Append requests found when the store was opened, and taken since; as with the spans that follow.
  public let requestCount: UInt64
  public let acceptedSpanCount: UInt64
  public let rejectedSpanCount: UInt64
  public let commitCount: UInt64
  public let syncCount: UInt64
  /// Bytes that wait for a commit.
  public let queuedByteCount: UInt64
  public let indexedTraceCount: UInt64
  public let indexByteCount: UInt64
  /// Places found damaged.
  public let damageCount: UInt64
  /// Bytes found damaged.
  public let damagedByteCount: UInt64
  /// Full segments that went to keep the store within its bytes, and how many of their files were used again.
  public let retiredSegmentCount: UInt64
  public let recycledFileCount: UInt64
  /// Deletions that are in force, because what they hide may still be in the store's files.
  public let tombstoneCount: UInt64
  /// Traces deleted since the server started, and spans refused because their trace had been.
  public let deletionCount: UInt64
  public let heldSpanCount: UInt64
  /// Of the retired segments those that went because of their age.
  public let agedSegmentCount: UInt64
  /// Sealed segments that were merged or rewritten since the server started, their bytes, and those of what
  /// came of them.
  public let compactedSegmentCount: UInt64
  public let compactionReadByteCount: UInt64
  public let compactionWrittenByteCount: UInt64
  /// Spans that were left out then: equal ones but one, deleted ones, too old ones, and those that no rule
  /// kept.
  public let droppedCopyCount: UInt64
  public let droppedDeletedSpanCount: UInt64
  public let droppedOldSpanCount: UInt64
  public let droppedJudgedSpanCount: UInt64
  /// Sealed segments that are still to be merged.
  public let compactionDebtSegmentCount: UInt64
  public let compactionDebtByteCount: UInt64
  /// Full segments that are still to be sealed.
  public let sealDebtSegmentCount: UInt64
  public let sealDebtByteCount: UInt64
  public let openConnectionCount: UInt64
  public let acceptedConnectionCount: UInt64
  /// Connections refused because there were too many.
  public let refusedConnectionCount: UInt64
  public let receivedRequestCount: UInt64
  public let failedRequestCount: UInt64
  public let receivedByteCount: UInt64
  public let sentByteCount: UInt64
  /// Memory held for requests that are not answered.
  public let heldByteCount: UInt64
  public let openStreamCount: UInt64

  init(_ answer: StatsAnswer) {
    durability = answer.durability
    laneCount = answer.laneCount
    activeSegmentCount = answer.activeSegmentCount
    fullSegmentCount = answer.fullSegmentCount
    sealedSegmentCount = answer.sealedSegmentCount
    sealedByteCount = answer.sealedByteCount
    sealedSpanCount = answer.sealedSpanCount
    storedByteCount = answer.storedByteCount
    storedRequestCount = answer.storedRequestCount
    storedSpanCount = answer.storedSpanCount
    requestCount = answer.requestCount
    acceptedSpanCount = answer.acceptedSpanCount
    rejectedSpanCount = answer.rejectedSpanCount
    commitCount = answer.commitCount
    syncCount = answer.syncCount
    queuedByteCount = answer.queuedByteCount
    indexedTraceCount = answer.indexedTraceCount
    indexByteCount = answer.indexByteCount
    damageCount = answer.damageCount
    damagedByteCount = answer.damagedByteCount
    retiredSegmentCount = answer.retiredSegmentCount
    recycledFileCount = answer.recycledFileCount
    tombstoneCount = answer.tombstoneCount
    deletionCount = answer.deletionCount
    heldSpanCount = answer.heldSpanCount
    agedSegmentCount = answer.agedSegmentCount
    compactedSegmentCount = answer.compactedSegmentCount
    compactionReadByteCount = answer.compactionReadByteCount
    compactionWrittenByteCount = answer.compactionWrittenByteCount
    droppedCopyCount = answer.droppedCopyCount
    droppedDeletedSpanCount = answer.droppedDeletedSpanCount
    droppedOldSpanCount = answer.droppedOldSpanCount
    droppedJudgedSpanCount = answer.droppedJudgedSpanCount
    compactionDebtSegmentCount = answer.compactionDebtSegmentCount
    compactionDebtByteCount = answer.compactionDebtByteCount
    sealDebtSegmentCount = answer.sealDebtSegmentCount
    sealDebtByteCount = answer.sealDebtByteCount
    openConnectionCount = answer.openConnectionCount
    acceptedConnectionCount = answer.acceptedConnectionCount
    refusedConnectionCount = answer.refusedConnectionCount
    receivedRequestCount = answer.receivedRequestCount
    failedRequestCount = answer.failedRequestCount
    receivedByteCount = answer.receivedByteCount
    sentByteCount = answer.sentByteCount
    heldByteCount = answer.heldByteCount
    openStreamCount = answer.openStreamCount
  }
}
