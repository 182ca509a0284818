internal import SpanModel
internal import SpanWire

/// A compaction of all sealed segments into as few as the bound allows, whoever has the store open.
struct WholeCompaction {
  let compactor: Compactor
  let segments: SegmentList
  let plan: CompactionPlan
  let rules: CompactionRules
  let pace: any CompactionPace
  private(set) var report: CompactionReport

  init(
    _ context: LaneContext, _ plan: CompactionPlan, _ rules: CompactionRules, _ pace: any CompactionPace,
    _ report: CompactionReport
  ) {
    compactor = context.compactor
    segments = context.segments
    self.plan = plan
    self.rules = rules
    self.pace = pace
    self.report = report
  }

  /// - Parameter tombstones: those in force when it begins.
  /// - Throws: what kept it from being done; what was done until then is.
  mutating func run(_ tombstones: Tombstones) throws(StoreError) {
    // Once all of it, for what is to be left out; then whatever can still be joined.
    let order = CompactionOrder(rules: rules, tombstones: tombstones)
    let packs = plan.packs(of: segments.sealedSnapshot())
    try compact(packs.filter { $0.count > 1 || $0[0].needsRewrite(order) })
    while true {
      let packs = plan.packs(of: segments.sealedSnapshot()).filter { $0.count > 1 }
      guard try compact(packs) > 0 else { return }
    }
  }

  /// - Returns: how many were.
  @discardableResult
  private mutating func compact(_ packs: [[SealedSegment]]) throws(StoreError) -> Int {
    var count = 0
    for pack in packs where !pack.contains(where: { isDamaged($0.name) }) {
      do throws(StoreError) {
        guard let done = try compactor.compact(pack, rules, pace) else { continue }
        report.add(done.tally, inputCount: pack.count, isEmpty: done.output == nil)
        count += 1
      } catch {
        guard case .corrupt(let damage) = error else { throw error }
        report.damages.append(damage)
      }
    }
    return count
  }

  private func isDamaged(_ name: String) -> Bool { report.damages.contains { $0.file == name } }
}

extension CompactionReport {
  mutating func add(_ tally: CompactionTally, inputCount: Int, isEmpty: Bool) {
    self.tally += tally
    self.inputCount += inputCount
    outputCount += isEmpty ? 0 : 1
  }
}
