internal import SpanModel
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
  private let counters: StoreCounters
  private let platform: any Platform
  /// `nil` when the store was opened for reading only.
  private let writing: Writing?
  /// Files that cannot be read at all, as found when opening.
  package let unreadable: [Damage]

  private struct Writing: Sendable {
    let options: StoreOptions
    let queue: CommitQueue
    let committer: Committer
    let sequences: SequenceSource
  }

  private init(
    _ opening: StoreOpening, recovery: StoreRecovery, segments: SegmentList, counters: StoreCounters,
    writing: Writing?
  ) {
    directory = opening.directory.path
    lock = opening.lock
    identity = opening.identity
    platform = opening.directory.platform
    self.segments = segments
    self.counters = counters
    self.writing = writing
    unreadable = recovery.unreadable
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
    store.writing?.committer.start()
    return store
  }

  /// Opens without starting a thread: the caller steps the lane.
  static func openStepped(_ options: StoreOptions, platform: any Platform) throws(StoreError) -> (Store, Lane)
  {
    let opening = try StoreOpening.writable(options, platform: platform)
    var recovery = StoreRecovery(opening.directory, opening.identity)
    let begin = platform.now()
    try recovery.run(givesBackSpace: true)
    let counters = StoreCounters()
    counters.count(recovery)
    let segments = SegmentList(recovery.segments)
    var identity = opening.identity
    identity.nextSequence = recovery.nextSequence
    identity.nextSegment = recovery.nextSegment
    let sequences = SequenceSource(identity, in: opening.directory)
    let context = LaneContext(
      directory: opening.directory, options: options,
      maker: SegmentMaker(directory: opening.directory, storeID: identity.storeID, sequences: sequences),
      sequences: sequences, segments: segments, counters: counters,
      hash: TraceIDHash(key: (identity.hashKey.high, identity.hashKey.low)), storeID: identity.storeID)
    let lane: Lane
    do throws(FileError) {
      // The newest, should there ever be more: the others' verdicts stand in files that are there.
      let tails = Array(recovery.tails.suffix(SegmentHeader.tailCountMax))
      lane = try Lane(0, context, tails: tails, emptyNames: recovery.emptyNames)
    } catch {
      throw .file(error)
    }
    report(recovery, since: begin, platform, to: options)
    let queue = CommitQueue(byteCountMax: options.queueByteCountMax)
    let committer = Committer(lane, queue, context)
    let writing = Writing(options: options, queue: queue, committer: committer, sequences: sequences)
    let store = Store(opening, recovery: recovery, segments: segments, counters: counters, writing: writing)
    return (store, lane)
  }

  /// Opens a directory that no process has open, for reading only; changes nothing in it.
  package static func openReadOnly(directory: String, platform: any Platform = LinuxPlatform())
    throws(StoreError) -> Store
  {
    let opening = try StoreOpening.readOnly(directory, platform: platform)
    var recovery = StoreRecovery(opening.directory, opening.identity)
    try recovery.run(givesBackSpace: false)
    let counters = StoreCounters()
    counters.count(recovery)
    return Store(
      opening, recovery: recovery, segments: SegmentList(recovery.segments), counters: counters, writing: nil)
  }

  /// Writes what waits, closes the active segment and stops the threads. Blocks until that is done.
  package func close() {
    writing?.queue.close()
    writing?.committer.join()
    do { try closeFiles() } catch {
      // What could not be noted is only that reserved numbers are unused: losing them harms nothing.
    }
  }

  /// Gives back the numbers that were reserved and not used, and the directory.
  func closeFiles() throws(FileError) {
    defer { lock.release() }
    try writing?.sequences.close()
  }

  private static func report(
    _ recovery: StoreRecovery, since begin: Timestamp, _ platform: any Platform, to options: StoreOptions
  ) {
    guard let onEvent = options.onEvent else { return }
    for (name, position) in recovery.tornTails { onEvent(.tornTail(file: name, position: position)) }
    for damage in recovery.damages { onEvent(.damaged(damage)) }
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
    try Self.prepare(buffer, scratch: &scratch, hashKey: identity.hashKey, arrival: platform.now())
  }

  static func prepare(
    _ buffer: consuming RequestBuffer, scratch: inout AppendScratch, hashKey: FileSalt, arrival: Timestamp
  ) throws(WireError) -> PreparedAppend {
    try scratch.batch.scan(buffer.bytes)
    var builder = scratch.builder.take() ?? DirectoryBuilder(hashKey: hashKey)
    defer { scratch.builder = builder }
    return PreparedAppend(buffer, batch: scratch.batch, builder: &builder, arrival: arrival)
  }

  /// Hands a request to the lane; never blocks. `sink` learns what became of it.
  ///
  /// A request none of whose spans was accepted is not stored, and answered at once.
  ///
  /// - Throws: `.busy` and `.stopped`; then the sink is not called.
  package func submit(_ append: PreparedAppend, token: UInt64, sink: any AppendSink) throws(StoreError) {
    guard let writing else { throw .stopped(reason: "it is open for reading only") }
    guard append.acceptedSpanCount > 0 else {
      counters.rejectedSpans.add(UInt64(append.rejectedSpanCount), ordering: .relaxed)
      sink.appendsFinished([AppendOutcome(token: token, error: nil)])
      return
    }
    try writing.queue.submit(CommitQueue.Submission(append: append, token: token, sink: sink))
  }
}

// MARK: Reading

extension Store {
  /// All damage that was found when opening.
  package var damages: [Damage] { unreadable + segments.snapshot().flatMap(\.damages) }

  /// All segments there are now, oldest first.
  package func segmentSnapshot() -> [Segment] { segments.snapshot() }

  /// Keys the hash under which the segments' indexes hold a trace.
  package var traceIDHash: TraceIDHash { TraceIDHash(key: (identity.hashKey.high, identity.hashKey.low)) }

  /// Keys hashes of span bytes.
  package var contentHashKey: (UInt64, UInt64) { (identity.hashKey.low, identity.hashKey.high) }

  package func statistics() -> StoreStatistics {
    let segments = segments.snapshot()
    var statistics = StoreStatistics()
    statistics.durability = writing?.options.durability ?? .sync
    statistics.laneCount = writing == nil ? 0 : 1
    statistics.fullSegmentCount = UInt64(segments.count { $0.isFull })
    statistics.activeSegmentCount = UInt64(segments.count) - statistics.fullSegmentCount
    statistics.queuedByteCount = UInt64(writing?.queue.queuedByteCount ?? 0)
    for segment in segments {
      statistics.storedByteCount += segment.readableEnd
      statistics.indexedTraceCount += UInt64(segment.index.traceCount)
      statistics.indexByteCount += UInt64(segment.index.byteCount)
    }
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
    damagedBytes.add(recovery.damages.reduce(0) { $0 + $1.byteCount }, ordering: .relaxed)
  }

  func fill(_ statistics: inout StoreStatistics) {
    statistics.requestCount = requests.load(ordering: .relaxed)
    statistics.acceptedSpanCount = acceptedSpans.load(ordering: .relaxed)
    statistics.rejectedSpanCount = rejectedSpans.load(ordering: .relaxed)
    statistics.commitCount = commits.load(ordering: .relaxed)
    statistics.syncCount = syncs.load(ordering: .relaxed)
    statistics.damageCount = damages.load(ordering: .relaxed)
    statistics.damagedByteCount = damagedBytes.load(ordering: .relaxed)
  }
}
