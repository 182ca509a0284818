/// How many spans a compaction read, and which of them it left out.
package struct CompactionTally: Equatable, Sendable {
  package enum Reason: Equatable, Sendable {
    /// Equal to another in all bytes and both envelopes.
    case copy
    case deleted
    /// It arrived before what is still kept.
    case old
    /// No rule keeps its trace.
    case judged
  }

  package var readSpanCount: UInt64 = 0
  package var copyCount: UInt64 = 0
  package var deletedSpanCount: UInt64 = 0
  package var oldSpanCount: UInt64 = 0
  package var judgedSpanCount: UInt64 = 0
  package var judgedTraceCount: UInt64 = 0
  /// Traces no rule keeps, and that are kept: not settled yet, or not whole.
  package var unjudgedTraceCount: UInt64 = 0

  package init() {}

  package var droppedSpanCount: UInt64 { copyCount + deletedSpanCount + oldSpanCount + judgedSpanCount }
  package var keptSpanCount: UInt64 { readSpanCount - droppedSpanCount }

  mutating func drop(_ reason: Reason, _ count: UInt64 = 1) {
    switch reason {
    case .copy: copyCount += count
    case .deleted: deletedSpanCount += count
    case .old: oldSpanCount += count
    case .judged: judgedSpanCount += count
    }
  }

  package static func += (left: inout CompactionTally, right: CompactionTally) {
    left.readSpanCount += right.readSpanCount
    left.copyCount += right.copyCount
    left.deletedSpanCount += right.deletedSpanCount
    left.oldSpanCount += right.oldSpanCount
    left.judgedSpanCount += right.judgedSpanCount
    left.judgedTraceCount += right.judgedTraceCount
    left.unjudgedTraceCount += right.unjudgedTraceCount
  }
}
