/// What a compaction is to leave out besides copies of equal spans and deleted traces.
public struct CompactionOptions: Hashable, Sendable {
  /// Rules, as `error` or `duration > 1s`: a trace is kept when one is true of any of its spans. Without any
  /// all traces are kept.
  public var keep: [String] = []
  /// Spans that arrived longer ago are dropped; `nil`: none are.
  public var dropOlderThan: Duration?
  /// How long nothing of a trace must have arrived before rules may drop it; `nil`: ten minutes.
  public var settle: Duration?
  /// Whether it is only to be told what would happen.
  public var isDryRun = false

  public init() {}
}
