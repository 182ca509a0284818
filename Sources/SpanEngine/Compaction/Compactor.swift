internal import SpanModel
internal import SpanWire

/// Merges sealed segments, and takes their place in what readers find.
///
/// Bound to no thread: a server has a thread step it, a test steps it itself. One at a time.
final class Compactor: @unchecked Sendable {
  private let writer: CompactionWriter
  private let segments: SegmentList
  private let retention: Retention
  private let tombstones: TombstoneSet
  private let cache: SealedCache
  private let plan: CompactionPlan
  private let report: @Sendable (StoreEvent) -> Void
  // SAFETY: only whoever steps it touches the four below.
  /// Segments that stay as they are while the store is open: damage, or doubt about what became of them.
  private var kept: Set<SegmentSequence> = []
  private var lastFailure: String?
  /// One that is known to hold spans of a deleted trace, and is still to be rewritten.
  private var holding: SealedSegment?
  /// Outputs whose inputs could not be removed yet.
  private var unfinished: [SealedSegment] = []

  init(
    _ writer: CompactionWriter, _ segments: SegmentList, _ retention: Retention, _ tombstones: TombstoneSet,
    cache: SealedCache,
    plan: CompactionPlan, report: @escaping @Sendable (StoreEvent) -> Void
  ) {
    self.writer = writer
    self.segments = segments
    self.retention = retention
    self.tombstones = tombstones
    self.cache = cache
    self.plan = plan
    self.report = report
  }

  struct Done {
    var inputs: [SealedFooter]
    /// `nil` when nothing is left of them.
    var output: SealedFooter?
    var tally: CompactionTally
  }

  /// Full segments that wait to be sealed, and sealed ones that wait to become half as large as they may be.
  var waitingCounts: (toBeSealed: Int, toBeMerged: Int) {
    let (sealed, logs) = segments.wholeSnapshot()
    return (
      logs.count { Roller.isSealable($0.segment) },
      sealed.count { $0.footer.rawByteCount <= plan.byteCountMax / 2 }
    )
  }

  /// Merges the neighbours that should be merged first; when there are none, rewrites the oldest segment
  /// that holds spans of a deleted trace.
  ///
  /// - Returns: `nil` when there are none, or some of them went meanwhile.
  /// - Throws: what kept them from being merged; they are there as before.
  func compactNext(_ rules: CompactionRules, _ pace: any CompactionPace) throws(StoreError) -> Done? {
    do { try finishReplacing() } catch { throw .file(error) }
    let inputs = plan.next(of: segments.sealedSnapshot(), keeping: { kept.contains($0.sequence) })
    if let inputs { return try compact(inputs, rules, pace) }
    guard let holding = try nextHoldingDeleted(pace) else { return nil }
    return try compact([holding], rules, pace)
  }

  private func nextHoldingDeleted(_ pace: any CompactionPace) throws(StoreError) -> SealedSegment? {
    let tombstones = tombstones.snapshot()
    let segments = segments.sealedSnapshot().filter { !kept.contains($0.sequence) }
    if let holding, segments.contains(where: { $0 === holding }) { return holding }
    holding = nil
    let search = DeletedSpanSearch(tombstones: tombstones, key: writer.identity.hashKey, pace: pace)
    let unsearched = segments.filter { $0.searchedOrdinal < tombstones.lastOrdinal }
    for segment in unsearched {
      do throws(StoreError) {
        guard try search.holds(segment) else { continue }
      } catch {
        note(error, [segment])
        throw error
      }
      holding = segment
      return segment
    }
    do { if !unsearched.isEmpty { try retention.forgetTombstones() } } catch { throw .file(error) }
    return nil
  }

  /// Merges these, which must be neighbours.
  ///
  /// - Returns: `nil` when some went meanwhile, or are to stay as they are.
  func compact(_ inputs: [SealedSegment], _ rules: CompactionRules, _ pace: any CompactionPace)
    throws(StoreError) -> Done?
  {
    if inputs.contains(where: { kept.contains($0.sequence) }) { return nil }
    do throws(StoreError) {
      guard let done = try merge(inputs, rules, pace) else { return nil }
      lastFailure = nil
      return done
    } catch {
      note(error, inputs)
      throw error
    }
  }

  private func merge(_ inputs: [SealedSegment], _ rules: CompactionRules, _ pace: any CompactionPace)
    throws(StoreError) -> Done?
  {
    let written = try writer.write(
      inputs, CompactionOrder(rules: rules, tombstones: tombstones.snapshot()), pace)
    do throws(FileError) {
      guard
        let new = try retention.replace(
          inputs, written.tally, publish: { () throws(FileError) in try publish(written, inputs) })
      else {
        written.discard()
        return nil
      }
      for input in inputs { cache.remove(input.footer) }
      report(.compacted(segments: inputs.count, new.sequence, droppedSpans: written.tally.droppedSpanCount))
      let output = new.footer.spanCount == 0 ? nil : new.footer
      unfinished.append(new)
      // From here on it is done, whatever becomes of the files.
      do throws(FileError) { try finishReplacing() } catch { report(.notRemoved(error)) }
      return Done(inputs: inputs.map(\.footer), output: output, tally: written.tally)
    } catch {
      written.discard()
      throw .file(error)
    }
  }

  private func finishReplacing() throws(FileError) {
    while let output = unfinished.last {
      try retention.finishReplacing(with: output)
      unfinished.removeLast()
    }
  }

  private func publish(_ written: WrittenCompaction, _ inputs: [SealedSegment]) throws(FileError)
    -> SealedSegment
  {
    do { return try written.publish() } catch {
      // Whether it has its name is not known: the same spans must not get another one beside it.
      kept.formUnion(inputs.map(\.sequence))
      try written.withdraw()
      throw error
    }
  }

  private func note(_ error: StoreError, _ inputs: [SealedSegment]) {
    if case .stopped = error { return }
    if case .cancelled = error { return }
    if case .corrupt(let damage) = error {
      kept.formUnion(inputs.filter { $0.name == damage.file }.map(\.sequence))
    }
    if lastFailure != error.description { report(.notCompacted(error)) }
    lastFailure = error.description
  }
}
