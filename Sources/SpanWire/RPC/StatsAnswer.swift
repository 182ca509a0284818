/// The answer to `Stats`: a durability mode and counters, each under the number in `counters`.
package struct StatsAnswer: RPCBody {
  /// Field 1: `sync`, `os` or `interval=…`.
  package var durability = ""

  package var laneCount: UInt64 = 0
  package var activeSegmentCount: UInt64 = 0
  package var fullSegmentCount: UInt64 = 0
  package var storedByteCount: UInt64 = 0
  package var requestCount: UInt64 = 0
  package var acceptedSpanCount: UInt64 = 0
  package var rejectedSpanCount: UInt64 = 0
  package var commitCount: UInt64 = 0
  package var syncCount: UInt64 = 0
  package var queuedByteCount: UInt64 = 0
  package var indexedTraceCount: UInt64 = 0
  package var indexByteCount: UInt64 = 0
  package var damageCount: UInt64 = 0
  package var damagedByteCount: UInt64 = 0
  package var retiredSegmentCount: UInt64 = 0
  package var recycledFileCount: UInt64 = 0
  package var storedRequestCount: UInt64 = 0
  package var storedSpanCount: UInt64 = 0
  package var sealedSegmentCount: UInt64 = 0
  package var sealedByteCount: UInt64 = 0
  package var sealedSpanCount: UInt64 = 0
  package var tombstoneCount: UInt64 = 0
  package var deletionCount: UInt64 = 0
  package var heldSpanCount: UInt64 = 0
  package var agedSegmentCount: UInt64 = 0
  package var compactedSegmentCount: UInt64 = 0
  package var compactionReadByteCount: UInt64 = 0
  package var compactionWrittenByteCount: UInt64 = 0
  package var droppedCopyCount: UInt64 = 0
  package var droppedDeletedSpanCount: UInt64 = 0
  package var droppedOldSpanCount: UInt64 = 0
  package var droppedJudgedSpanCount: UInt64 = 0
  package var compactionDebtSegmentCount: UInt64 = 0
  package var compactionDebtByteCount: UInt64 = 0
  package var sealDebtSegmentCount: UInt64 = 0
  package var sealDebtByteCount: UInt64 = 0

  package var openConnectionCount: UInt64 = 0
  package var acceptedConnectionCount: UInt64 = 0
  package var refusedConnectionCount: UInt64 = 0
  package var receivedRequestCount: UInt64 = 0
  package var failedRequestCount: UInt64 = 0
  package var receivedByteCount: UInt64 = 0
  package var sentByteCount: UInt64 = 0
  package var heldByteCount: UInt64 = 0
  package var openStreamCount: UInt64 = 0

  /// Field numbers: the store's from 2 and from 48, the door's from 32. A number is never given to another
  /// counter.
  package static let counters: [(field: UInt32, path: any WritableKeyPath<StatsAnswer, UInt64> & Sendable)] =
    [
      (2, \.laneCount), (3, \.activeSegmentCount), (4, \.fullSegmentCount), (5, \.storedByteCount),
      (6, \.requestCount), (7, \.acceptedSpanCount), (8, \.rejectedSpanCount), (9, \.commitCount),
      (10, \.syncCount), (11, \.queuedByteCount), (12, \.indexedTraceCount), (13, \.indexByteCount),
      (14, \.damageCount), (15, \.damagedByteCount), (16, \.retiredSegmentCount), (17, \.recycledFileCount),
      (18, \.storedRequestCount), (19, \.storedSpanCount), (24, \.sealedSegmentCount),
      (25, \.sealedByteCount), (26, \.sealedSpanCount),
      (28, \.tombstoneCount), (29, \.deletionCount), (30, \.heldSpanCount),
      (32, \.openConnectionCount), (33, \.acceptedConnectionCount), (34, \.refusedConnectionCount),
      (35, \.receivedRequestCount), (36, \.failedRequestCount), (37, \.receivedByteCount),
      (38, \.sentByteCount), (39, \.heldByteCount), (40, \.openStreamCount),
      (20, \.agedSegmentCount),
      (48, \.compactedSegmentCount),
      (49, \.compactionReadByteCount),
      (50, \.compactionWrittenByteCount),
      (51, \.droppedCopyCount),
      (52, \.droppedDeletedSpanCount),
      (53, \.droppedOldSpanCount),
      (54, \.droppedJudgedSpanCount),
      (55, \.compactionDebtSegmentCount),
      (56, \.compactionDebtByteCount),
      (57, \.sealDebtSegmentCount),
      (58, \.sealDebtByteCount),
    ]

  package init() {}

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    if (tag.number, tag.wireType) == (1, .bytes) {
      durability = try cursor.readText()
      return true
    }
    guard tag.wireType == .varint,
      let counter = Self.counters.first(where: { $0.field == tag.number })
    else { return false }
    self[keyPath: counter.path] = try cursor.readVarint()
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    writer.writeNonempty(durability, field: 1)
    for counter in Self.counters { writer.writeNonzero(self[keyPath: counter.path], field: counter.field) }
  }
}
