package import SpanModel
package import SpanWire
internal import Synchronization

/// A data directory that is open: requests go in, traces are found.
///
/// Any thread may call anything at any time, except that `close` is called once, and nothing appended after.
package final class Store: Sendable {
  package let directory: String
  private let lock: DirectoryLock
  private let identity: StoreIdentity
  private let segments: SegmentList
  private let repair: IndexRepair
  private let tombstoneSet: TombstoneSet
  private let counters: StoreCounters
  private let summaries: SearchSummaries
  private let platform: any Platform
  /// `nil` when the store was opened for reading only.
  private let writing: Writing?
  /// Files that cannot be read at all, and what is wrong with sealed segments, as found when opening.
  package let unreadable: [Damage]

  private struct Writing: Sendable {
    let options: StoreOptions
    let lanes: [WritingLane]
    let sequences: SequenceSource
    let rolling: RollThreads?
    let compacting: CompactionThread?
    let retention: Retention?
    let context: LaneContext?
    let maintenance = MaintenanceThread()
  }

  private struct WritingLane: Sendable {
    let queue: CommitQueue
    let committer: Committer
  }

  private init(
    _ opening: StoreOpening, recovery: StoreRecovery, segments: SegmentList, tombstones: TombstoneSet,
    counters: StoreCounters, writing: Writing?, report: @escaping @Sendable (StoreEvent) -> Void
  ) {
    directory = opening.directory.path
    lock = opening.lock
    identity = opening.identity
    platform = opening.directory.platform
    self.segments = segments
    tombstoneSet = tombstones
    self.counters = counters
    self.writing = writing
    summaries = SearchSummaries(
      byteCount: writing?.options.summaryByteCount ?? Self.readOnlySummaryByteCount)
    // Who writes has put the sets right.
    unreadable =
      recovery.sealed.damages + recovery.unreadable + (writing == nil ? opening.setDamages : [])
    repair = IndexRepair(hashKey: opening.identity.hashKey, segments: segments, report: report)
  }
}

// MARK: Opening and closing

extension Store {
  /// Opens `options.directory` for reading and writing; makes it, and what is in it, when it is not there.
  ///
  /// Recovers what an earlier process left, and starts the threads that write. `options.onEvent` is told of
  /// damage, which does not keep a store from opening.
  package static func open(_ options: StoreOptions, platform: any Platform = LinuxPlatform())
    throws(StoreError) -> Store
  {
    let (store, _) = try openStepped(options, platform: platform)
    store.writing?.compacting?.start()
    store.writing?.rolling?.start()
    for lane in store.writing?.lanes ?? [] { lane.committer.start() }
    return store
  }

  /// Opens without starting a thread: the caller steps the lanes.
  static func openStepped(_ options: StoreOptions, platform: any Platform) throws(StoreError)
    -> (Store, [Lane])
  {
    let opening = try StoreOpening.writable(options, platform: platform)
    BufferPool.shared.keep(atMost: options.keptBufferByteCount)
    let cache = IndexCache(byteCount: options.indexCacheByteCount)
    let sealedCache = SealedCache(byteCount: options.sealedCacheByteCount)
    let writer = IndexWriter(directory: opening.directory, cache: cache)
    var recovery = StoreRecovery(opening, .written(writer), cache: cache, sealedCache: sealedCache)
    let begin = platform.now()
    try recovery.run(givesBackSpace: true)
    let setup = WritingSetup(opening, options, recovery, writer, sealedCache)
    let lanes: [Lane]
    let sideDamages: [Damage]
    do throws(FileError) {
      // Before a ledger that cannot be read is replaced, and the identity is written anew.
      sideDamages =
        try recovery.ledger.damages + opening.setDamages + [opening.identityDamage()].compactMap(\.self)
      lanes = try setup.openLanes()
    } catch {
      throw .file(error)
    }
    report(recovery, sideDamages, since: begin, platform, to: options)
    let queueByteCountMax = options.queueByteCountMax / options.laneCount
    let writing = Writing(
      options: options,
      lanes: lanes.map { lane in
        let queue = CommitQueue(byteCountMax: queueByteCountMax)
        return WritingLane(queue: queue, committer: Committer(lane, queue, lane.context))
      },
      sequences: setup.sequences, rolling: lanes.first?.context.rolling,
      compacting: lanes.first?.context.compacting,
      retention: lanes.first?.context.retention, context: lanes.first?.context)
    let store = Store(
      opening, recovery: recovery, segments: setup.segments, tombstones: setup.tombstones,
      counters: setup.counters, writing: writing, report: setup.report)
    return (store, lanes)
  }

  /// Offline tools read each trace once.
  package static let readOnlyCacheByteCount = 8 << 20
  /// Contents of sealed segments: a trace may be in any of them, and a read of all goes from one to the
  /// other.
  private static let readOnlySealedByteCount = 64 << 20

  private static let readOnlySummaryByteCount = 64 << 20

  /// Opens a directory that no process has open, for reading only; changes nothing in it.
  package static func openReadOnly(
    directory: String, platform: any Platform = LinuxPlatform(),
    indexCacheByteCount: Int = readOnlyCacheByteCount
  ) throws(StoreError) -> Store {
    let opening = try StoreOpening.readOnly(directory, platform: platform)
    let cache = IndexCache(byteCount: indexCacheByteCount)
    let sealedCache = SealedCache(byteCount: readOnlySealedByteCount)
    var recovery = StoreRecovery(opening, .inMemory, cache: cache, sealedCache: sealedCache)
    try recovery.run(givesBackSpace: false)
    do { try opening.directory.syncWherePossible() } catch { throw .file(error) }
    let counters = StoreCounters()
    counters.count(recovery)
    return Store(
      opening, recovery: recovery,
      segments: SegmentList(recovery.segments, sealed: recovery.sealed.segments),
      tombstones: recovery.tombstones(now: platform.now()), counters: counters, writing: nil,
      report: { _ in })
  }

  /// Writes what waits, closes the active segment and stops the threads. Blocks until that is done.
  package func close() {
    writing?.maintenance.close()
    for lane in writing?.lanes ?? [] { lane.queue.close() }
    for lane in writing?.lanes ?? [] { lane.committer.join() }
    writing?.rolling?.stop()
    writing?.compacting?.stop()
    do { try closeFiles() } catch {
      // What could not be noted is only that reserved numbers are unused: losing them harms nothing.
    }
  }

  /// Gives back the numbers that were reserved and not used, and the directory.
  func closeFiles() throws(FileError) {
    defer { lock.release() }
    try writing?.retention?.discardSpares()
    try writing?.sequences.close()
  }

  /// - Parameter sideDamages: of files other than segments, with which nothing is lost.
  private static func report(
    _ recovery: StoreRecovery, _ sideDamages: [Damage], since begin: Timestamp, _ platform: any Platform,
    to options: StoreOptions
  ) {
    guard let onEvent = options.onEvent else { return }
    for (name, position) in recovery.tornTails { onEvent(.tornTail(file: name, position: position)) }
    for damage in recovery.damages + sideDamages { onEvent(.damaged(damage)) }
    if let failure = recovery.indexFailure { onEvent(.indexNotWritten(failure)) }
    for name in recovery.unusableIndexNames { onEvent(.indexRebuilt(file: name)) }
    guard !recovery.segments.isEmpty else { return }
    let nanoseconds = platform.now().nanoseconds &- begin.nanoseconds
    onEvent(
      .recovered(
        segments: recovery.segments.count, requests: recovery.requestCount, spans: recovery.spanCount,
        milliseconds: Int(nanoseconds / 1_000_000)))
  }
}

// MARK: Appending

extension Store {
  /// Scans, groups and checksums a request: the part of an append that takes processor time, on the caller's
  /// thread.
  ///
  /// - Parameter buffer: complete.
  /// - Throws: when the bytes are no `ExportTraceServiceRequest`.
  package func prepare(_ buffer: consuming RequestBuffer, scratch: inout AppendScratch) throws(WireError)
    -> PreparedAppend
  {
    try prepare(buffer, of: RecordOwner(), scratch: &scratch)
  }

  /// The same of a tenant and partition that are not the usual ones.
  package func prepare(
    _ buffer: consuming RequestBuffer, of owner: RecordOwner, scratch: inout AppendScratch
  ) throws(WireError) -> PreparedAppend {
    try prepare(buffer, of: owner, arrival: platform.now(), scratch: &scratch)
  }

  /// The same of a request that arrived before, in another store.
  func prepare(
    _ buffer: consuming RequestBuffer, of owner: RecordOwner, arrival: Timestamp,
    scratch: inout AppendScratch
  ) throws(WireError) -> PreparedAppend {
    try scratch.batch.scan(buffer.bytes)
    let (body, refused) = try tombstoneSet.holds.withoutHeldSpans(
      buffer, of: owner.tenant, &scratch.batch, now: arrival)
    var builder = scratch.builder.take() ?? DirectoryBuilder(hashKey: identity.hashKey)
    defer { scratch.builder = builder }
    return PreparedAppend(
      body, of: owner, batch: scratch.batch, builder: &builder, arrival: arrival, refused: refused)
  }

  /// Writers there are; requests are numbered into them by whoever submits.
  package var laneCount: Int { writing?.lanes.count ?? 0 }

  /// Hands a request to the lane with this number; never blocks. `sink` learns what became of it.
  ///
  /// Requests of one sender that must stay in order go to one lane. A request none of whose spans was
  /// accepted is not stored, and answered at once.
  ///
  /// - Throws: `.busy`, `.tooLarge` and `.stopped`; then the sink is not called.
  package func submit(_ append: PreparedAppend, token: UInt64, sink: any AppendSink, lane: Int = 0)
    throws(StoreError)
  {
    guard let writing else { throw .stopped(reason: "it is open for reading only") }
    guard append.acceptedSpanCount > 0 else {
      counters.rejectedSpans.add(UInt64(append.rejectedSpanCount), ordering: .relaxed)
      counters.heldSpans.add(UInt64(append.heldSpanCount), ordering: .relaxed)
      sink.appendsFinished([AppendOutcome(token: token, error: nil)])
      return
    }
    let byteCountMax = writing.options.measuredByteCountMax
    guard append.fitsEmptySegment(writing.options) || append.measuredByteCount <= byteCountMax else {
      // All full segments would be retired for it, and then it would not fit either.
      throw .tooLarge(byteCount: append.measuredByteCount, byteCountMax: byteCountMax)
    }
    let submission = CommitQueue.Submission(record: .append(append), token: token, sink: sink)
    try writing.lanes[lane].queue.submit(submission)
  }
}

// MARK: Deleting

extension Store {
  /// The deletion of a tenant's trace, to be submitted.
  package func prepareDeletion(of traceID: TraceID, tenant: UInt32 = 0) -> PreparedTombstone {
    let trace = TraceDigest(of: traceID, tenant: tenant, key: identity.hashKey)
    let now = platform.now()
    let hold = writing?.options.deleteHold ?? .zero
    return PreparedTombstone(
      trace, hash: TraceIDHash(key: identity.hashKey).hash(of: traceID), deleted: now,
      heldUntil: tombstoneSet.holds.end(of: trace, from: now, for: hold))
  }

  /// Hands a deletion to the lane with this number; never blocks. `sink` learns what became of it: when it
  /// was done, it is on stable storage in every mode, and whoever begins to read finds no earlier span of the
  /// trace.
  ///
  /// - Throws: `.busy`, `.tooManyTombstones` and `.stopped`; then the sink is not called.
  package func submit(_ deletion: PreparedTombstone, token: UInt64, sink: any AppendSink, lane: Int = 0)
    throws(StoreError)
  {
    guard let writing else { throw .stopped(reason: "it is open for reading only") }
    let count = tombstoneSet.snapshot().count
    guard count < StoreOptions.tombstoneCountMax else { throw .tooManyTombstones(count: count) }
    try writing.lanes[lane].queue.submit(
      CommitQueue.Submission(record: .deletion(deletion), token: token, sink: sink))
  }

  /// Whether later spans of a deleted trace are refused for some time.
  package var holdsDeleted: Bool { writing.map { $0.options.deleteHold > .zero } ?? false }
}

// MARK: Maintaining

extension Store {
  /// Compacts, verifies or copies the store while it is open, on a thread of its own.
  ///
  /// - Parameters:
  ///   - progress: told now and then, on that thread.
  ///   - done: told once, on that thread, unless this throws.
  /// - Returns: what ends it before its time; then it is done with `.cancelled`.
  /// - Throws: `.maintained` while there is another, `.stopped`.
  package func maintain(
    _ order: MaintenanceOrder, progress: @escaping @Sendable (MaintenanceProgress) -> Void,
    done: @escaping @Sendable (Result<MaintenanceResult, StoreError>) -> Void
  ) throws(StoreError) -> MaintenanceControl {
    guard let writing, let context = writing.context else {
      throw .stopped(reason: "it is open for reading only")
    }
    let control = MaintenanceControl(progress)
    let lanes = writing.lanes
    let maintenance = OpenMaintenance(
      context: context, identity: identity, unreadable: unreadable, control: control,
      rollAll: { for lane in lanes { lane.committer.rollSoon() } })
    try writing.maintenance.start(control) {
      let result: Result<MaintenanceResult, StoreError>
      do throws(StoreError) { result = .success(try maintenance.run(order)) } catch {
        result = .failure(error)
      }
      return { done(result) }
    }
    return control
  }
}

// MARK: Reading

extension Store {
  /// The tombstones that are in force now. To be taken before the places of a trace: else one may have gone
  /// with the spans that it hid, while the places still lead to them.
  package var tombstones: Tombstones { tombstoneSet.snapshot() }

  /// All damage that was found when opening.
  package var damages: [Damage] { unreadable + segments.snapshot().flatMap(\.segment.damages) }

  /// All segments there are now, oldest first.
  package func segmentSnapshot() -> SegmentSnapshot {
    SegmentSnapshot(segments.wholeSnapshot(), hash: TraceIDHash(key: identity.hashKey), repair: repair)
  }

  /// What a search has to know of a segment that is not sealed before it reads it; made when it is first
  /// asked for, which reads all of the segment.
  ///
  /// - Returns: the pieces, and what could not be read for them, if there is such.
  package func searchSummary(of segment: Segment) throws(StoreError) -> (
    pieces: [SummaryPiece], damage: StoreError?
  ) {
    try summaries.summary(of: segment, TagHash(key: identity.hashKey))
  }

  /// Lets go of what searches know of segments that are not in `snapshot` any more.
  package func forgetSearchSummaries(but snapshot: SegmentSnapshot) {
    summaries.keep(only: Set((0..<snapshot.count).map { snapshot.segment($0).sequence }))
  }

  /// How tags of segments that are not sealed are hashed.
  package var tagHash: TagHash { TagHash(key: identity.hashKey) }

  /// By the clock that stamps arrivals.
  package var now: Timestamp { platform.now() }

  /// What tells this store from every other.
  package var storeID: StoreID { identity.storeID }

  /// Keys hashes of span bytes.
  package var contentHashKey: (UInt64, UInt64) { (identity.hashKey.low, identity.hashKey.high) }

  package func statistics() -> StoreStatistics {
    let segments = segments.snapshot()
    var statistics = StoreStatistics()
    statistics.durability = writing?.options.durability ?? .sync
    statistics.laneCount = UInt64(laneCount)
    for lane in writing?.lanes ?? [] { statistics.queuedByteCount += UInt64(lane.queue.queuedByteCount) }
    for sealed in self.segments.sealedSnapshot() {
      statistics.sealedSegmentCount += 1
      statistics.sealedByteCount += sealed.footer.fileByteCount
      statistics.sealedSpanCount += sealed.footer.spanCount
      statistics.storedByteCount &+= sealed.footer.fileByteCount
      statistics.indexedTraceCount += sealed.footer.traceCount
      statistics.indexByteCount += UInt64(sealed.residentByteCount)
    }
    if let options = writing?.options {
      let plan = CompactionPlan(options)
      let debt = plan.debt(of: self.segments.sealedSnapshot())
      statistics.compactionDebtSegmentCount = debt.segmentCount
      statistics.compactionDebtByteCount = debt.byteCount
    }
    for indexed in segments {
      // Wrapping, as a frame that is cut off can claim to end anywhere.
      statistics.storedByteCount &+= indexed.segment.readableEnd
      if indexed.segment.isFull {
        statistics.fullSegmentCount += 1
        if Roller.isSealable(indexed.segment) {
          statistics.sealDebtSegmentCount += 1
          statistics.sealDebtByteCount &+= indexed.segment.readableEnd
        }
      } else {
        statistics.activeSegmentCount += 1
      }
      statistics.indexedTraceCount += indexed.index.traceCount
      statistics.indexByteCount += UInt64(indexed.index.residentByteCount)
    }
    statistics.tombstoneCount = UInt64(tombstoneSet.snapshot().count)
    counters.fill(&statistics)
    return statistics
  }
}

extension StoreCounters {
  func count(_ recovery: StoreRecovery) {
    requests.add(recovery.requestCount, ordering: .relaxed)
    acceptedSpans.add(recovery.spanCount, ordering: .relaxed)
    rejectedSpans.add(recovery.rejectedSpanCount, ordering: .relaxed)
    damages.add(UInt64(recovery.damages.count), ordering: .relaxed)
    // Wrapping: what a damaged ledger or tail names can have any size.
    damagedBytes.add(recovery.damages.reduce(0) { $0 &+ $1.byteCount }, ordering: .relaxed)
  }

  private func count(_ reason: RetirementReason) {
    retiredSegments.add(1, ordering: .relaxed)
    if reason == .age { agedSegments.add(1, ordering: .relaxed) }
  }

  func countRetired(_ segment: IndexHeader.Summary, _ reason: RetirementReason) {
    count(reason)
    retiredRequests.add(segment.requestCount, ordering: .releasing)
    retiredSpans.add(segment.spanCount, ordering: .releasing)
  }

  func countRetired(_ segment: SealedFooter, _ reason: RetirementReason) {
    count(reason)
    retiredRequests.add(segment.recordCount, ordering: .releasing)
    retiredSpans.add(segment.spanCount, ordering: .releasing)
  }

  func countCompacted(_ inputs: [SealedFooter], into output: SealedFooter, _ tally: CompactionTally) {
    compactedSegments.add(UInt64(inputs.count), ordering: .relaxed)
    compactionReadBytes.add(inputs.reduce(0) { $0 + $1.fileByteCount }, ordering: .relaxed)
    compactionWrittenBytes.add(output.fileByteCount, ordering: .relaxed)
    droppedCopies.add(tally.copyCount, ordering: .relaxed)
    droppedDeletedSpans.add(tally.deletedSpanCount, ordering: .relaxed)
    droppedOldSpans.add(tally.oldSpanCount, ordering: .relaxed)
    droppedJudgedSpans.add(tally.judgedSpanCount, ordering: .relaxed)
    let requestCount = inputs.reduce(0) { $0 + $1.recordCount }
    let spanCount = inputs.reduce(0) { $0 + $1.spanCount }
    retiredRequests.add(requestCount &- output.recordCount, ordering: .releasing)
    retiredSpans.add(spanCount &- output.spanCount, ordering: .releasing)
  }

  func fill(_ statistics: inout StoreStatistics) {
    // First: what was retired was stored before.
    let retiredRequestCount = retiredRequests.load(ordering: .acquiring)
    let retiredSpanCount = retiredSpans.load(ordering: .acquiring)
    statistics.requestCount = requests.load(ordering: .relaxed)
    statistics.acceptedSpanCount = acceptedSpans.load(ordering: .relaxed)
    statistics.rejectedSpanCount = rejectedSpans.load(ordering: .relaxed)
    statistics.storedRequestCount = statistics.requestCount - retiredRequestCount
    statistics.storedSpanCount = statistics.acceptedSpanCount - retiredSpanCount
    statistics.commitCount = commits.load(ordering: .relaxed)
    statistics.syncCount = syncs.load(ordering: .relaxed)
    statistics.retiredSegmentCount = retiredSegments.load(ordering: .relaxed)
    statistics.agedSegmentCount = agedSegments.load(ordering: .relaxed)
    statistics.compactedSegmentCount = compactedSegments.load(ordering: .relaxed)
    statistics.compactionReadByteCount = compactionReadBytes.load(ordering: .relaxed)
    statistics.compactionWrittenByteCount = compactionWrittenBytes.load(ordering: .relaxed)
    statistics.droppedCopyCount = droppedCopies.load(ordering: .relaxed)
    statistics.droppedDeletedSpanCount = droppedDeletedSpans.load(ordering: .relaxed)
    statistics.droppedOldSpanCount = droppedOldSpans.load(ordering: .relaxed)
    statistics.droppedJudgedSpanCount = droppedJudgedSpans.load(ordering: .relaxed)
    statistics.recycledFileCount = recycledFiles.load(ordering: .relaxed)
    statistics.deletionCount = deletions.load(ordering: .relaxed)
    statistics.heldSpanCount = heldSpans.load(ordering: .relaxed)
    statistics.damageCount = damages.load(ordering: .relaxed)
    statistics.damagedByteCount = damagedBytes.load(ordering: .relaxed)
  }
}
