internal import SpanModel
internal import SpanWire

/// What all lanes of a store share.
struct LaneContext: Sendable {
  let directory: Directory
  let options: StoreOptions
  let maker: SegmentMaker
  let sequences: SequenceSource
  let segments: SegmentList
  let retention: Retention
  let indexes: IndexBacklog
  let roller: Roller
  /// `nil` when full segments stay as they are.
  let rolling: RollThreads?
  let compactor: Compactor
  /// `nil` when sealed segments stay as they are.
  let compacting: CompactionThread?
  let leftovers: Leftovers
  let tombstones: TombstoneSet
  let counters: StoreCounters
  let hash: TraceIDHash
  let report: @Sendable (StoreEvent) -> Void
}
