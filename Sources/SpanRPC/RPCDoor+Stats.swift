internal import SpanEngine
internal import SpanModel
internal import SpanNet
internal import SpanWire

extension RPCDoor {
  var statsAnswer: StatsAnswer {
    var answer = StatsAnswer(store.statistics())
    answer.openConnectionCount = UInt64(connections.openCount)
    answer.acceptedConnectionCount = UInt64(connections.acceptedCount)
    answer.refusedConnectionCount = UInt64(connections.refusedCount)
    answer.receivedRequestCount = counters.receivedRequests.count
    answer.failedRequestCount = counters.failedRequests.count
    answer.receivedByteCount = counters.receivedBytes.count
    answer.sentByteCount = counters.sentBytes.count
    answer.heldByteCount = UInt64(budget.takenByteCount)
    answer.openStreamCount = UInt64(max(0, counters.openStreamCount))
    return answer
  }
}

extension StatsAnswer {
  init(_ store: StoreStatistics) {
    self.init()
    durability = "\(store.durability)"
    laneCount = store.laneCount
    activeSegmentCount = store.activeSegmentCount
    fullSegmentCount = store.fullSegmentCount
    storedByteCount = store.storedByteCount
    requestCount = store.requestCount
    acceptedSpanCount = store.acceptedSpanCount
    rejectedSpanCount = store.rejectedSpanCount
    commitCount = store.commitCount
    syncCount = store.syncCount
    queuedByteCount = store.queuedByteCount
    indexedTraceCount = store.indexedTraceCount
    indexByteCount = store.indexByteCount
    retiredSegmentCount = store.retiredSegmentCount
    recycledFileCount = store.recycledFileCount
    storedRequestCount = store.storedRequestCount
    storedSpanCount = store.storedSpanCount
    sealedSegmentCount = store.sealedSegmentCount
    sealedByteCount = store.sealedByteCount
    sealedSpanCount = store.sealedSpanCount
    tombstoneCount = store.tombstoneCount
    deletionCount = store.deletionCount
    heldSpanCount = store.heldSpanCount
    agedSegmentCount = store.agedSegmentCount
    compactedSegmentCount = store.compactedSegmentCount
    compactionReadByteCount = store.compactionReadByteCount
    compactionWrittenByteCount = store.compactionWrittenByteCount
    droppedCopyCount = store.droppedCopyCount
    droppedDeletedSpanCount = store.droppedDeletedSpanCount
    droppedOldSpanCount = store.droppedOldSpanCount
    droppedJudgedSpanCount = store.droppedJudgedSpanCount
    compactionDebtSegmentCount = store.compactionDebtSegmentCount
    compactionDebtByteCount = store.compactionDebtByteCount
    sealDebtSegmentCount = store.sealDebtSegmentCount
    sealDebtByteCount = store.sealDebtByteCount
    damageCount = store.damageCount
    damagedByteCount = store.damagedByteCount
  }
}
