package import SpanModel

/// What a compaction leaves out, and how hard it tries to be small.
package struct CompactionRules: Sendable {
  /// Without one all traces are kept.
  package var makeJudge: (@Sendable () -> any TraceJudge)?
  /// How old a trace's newest record must be before it is judged: until then its spans may still come.
  package var settle = Duration.seconds(600)
  /// Spans whose record arrived before are left out.
  package var dropsArrivedBefore = Timestamp(nanoseconds: 0)
  /// Bytes of a trace's spans that are held until it is judged; a larger one is read twice.
  package var heldByteCountMax = 1 << 20
  /// Of LZ4 HC. `docs/decisions/` has what others cost.
  package var level = CompactionRules.levelDefault

  package static let levelDefault: Int32 = 9

  package init() {}
}

/// Which records of a trace have spans that are gone whatever a judge says.
struct DroppedRecords {
  let deletedBefore: RecordSequence
  let arrivedBefore: Timestamp

  func reason(_ sequence: RecordSequence, arrival: Timestamp) -> CompactionTally.Reason? {
    if sequence < deletedBefore { return .deleted }
    return arrival < arrivedBefore ? .old : nil
  }
}

/// What one compaction is given: the rules, and the deletions in force when it began.
struct CompactionOrder {
  let rules: CompactionRules
  let tombstones: Tombstones

  func dropped(of traceID: TraceID, tenant: UInt32) -> DroppedRecords {
    DroppedRecords(
      deletedBefore: tombstones.hiddenEnd(of: traceID, tenant: tenant),
      arrivedBefore: rules.dropsArrivedBefore)
  }
}
