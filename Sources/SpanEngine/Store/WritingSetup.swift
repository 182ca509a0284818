internal import SpanModel
internal import SpanWire

/// What the lanes of a store share, and how they are opened.
struct WritingSetup {
  let sequences: SequenceSource
  let segments: SegmentList
  let tombstones: TombstoneSet
  let counters = StoreCounters()
  let report: @Sendable (StoreEvent) -> Void
  private let opening: StoreOpening
  private let options: StoreOptions
  private let recovery: StoreRecovery
  private let indexWriter: IndexWriter
  private let sealedCache: SealedCache

  init(
    _ opening: StoreOpening, _ options: StoreOptions, _ recovery: StoreRecovery, _ indexWriter: IndexWriter,
    _ sealedCache: SealedCache
  ) {
    tombstones = recovery.tombstones(now: opening.directory.platform.now())
    self.opening = opening
    self.options = options
    self.recovery = recovery
    self.indexWriter = indexWriter
    self.sealedCache = sealedCache
    segments = SegmentList(recovery.segments, sealed: recovery.sealed.segments)
    var identity = opening.identity
    identity.nextSequence = recovery.nextSequence
    identity.nextSegment = recovery.nextSegment
    sequences = SequenceSource(identity, in: opening.directory)
    let onEvent = options.onEvent
    report = { onEvent?($0) }
    counters.count(recovery)
  }

  func openLanes() throws(FileError) -> [Lane] {
    let directory = opening.directory
    for name in recovery.orphanNames { try directory.unlink(name) }
    // At once, or a store on a disk that they have filled would refuse for want of the room they take.
    for file in recovery.emptyFiles where !file.remembersTails { try directory.unlink(file.name) }
    try removeSuperseded(from: directory)
    // A process that was killed may have left names unsynced: a loss of power must not take what is read now.
    try directory.sync()
    let ledgers = try openLedgers()
    for gone in recovery.sealed.superseded where gone.kind == .log {
      try ledgers[gone.lane]?.forget(gone.sequence)
    }
    for segment in recovery.sealed.segments { segment.markFinished() }
    let context = context(ledgers)
    var lanes: [Lane] = []
    for number in 0..<UInt32(options.laneCount) {
      guard let ledger = ledgers[number] else { preconditionFailure("a lane without a ledger") }
      lanes.append(try Lane(number, context, ledger, tails: tails(for: number)))
    }
    return lanes
  }

  /// Finishes what a crash interrupted: the spans of these files are in sealed segments.
  private func removeSuperseded(from directory: Directory) throws(FileError) {
    for gone in recovery.sealed.superseded where gone.storeID == opening.identity.storeID {
      try directory.unlinkIfThere(gone.fileName)
      if gone.kind == .log { try directory.unlinkIfThere(FileName.index(lane: gone.lane, gone.sequence)) }
    }
  }

  /// Those of the lanes there will be, and of lanes that an earlier process had.
  private func openLedgers() throws(FileError) -> [UInt32: Ledger] {
    var ledgers: [UInt32: Ledger] = [:]
    for lane in Set(recovery.ledger.lanes).union(0..<UInt32(options.laneCount)) {
      ledgers[lane] = try Ledger(lane: lane, storeID: opening.identity.storeID, in: opening.directory)
    }
    return ledgers
  }

  /// What the first file of a lane is to remember. A lane that is no more leaves it to the first.
  private func tails(for lane: UInt32) -> [RecoveredTail] {
    let own = recovery.tails.filter { tail in
      tail.lane == lane || (lane == 0 && tail.lane >= UInt32(options.laneCount))
    }
    // The newest, should there ever be more: the others' verdicts stand in files that are there.
    return own.map(\.value).suffix(SegmentHeader.tailCountMax)
  }

  private func context(_ ledgers: [UInt32: Ledger]) -> LaneContext {
    let directory = opening.directory
    let files = SegmentFiles(
      directory: directory, storeID: opening.identity.storeID, sequences: sequences)
    let retention = Retention(
      options: options, segments: segments, ledgers: ledgers, tombstones: tombstones, files: files,
      counters: counters, report: report)
    var sealer = Sealer(
      directory: directory, identity: opening.identity, sequences: sequences, cache: sealedCache,
      heldByteCountMax: UInt64(options.sealedSpansByteCount))
    sealer.options.rowGroupByteCount = options.rowGroupByteCount
    let roller = Roller(sealer, segments, retention, report: report)
    let compactor = compactor(retention)
    let compacting = compactor.thread(options, counters, directory.platform)
    return LaneContext(
      directory: directory, options: options,
      maker: SegmentMaker(files: files, options: options, retention: retention),
      sequences: sequences, segments: segments, retention: retention,
      indexes: IndexBacklog(segments, indexWriter, report: report), roller: roller,
      rolling: options.sealsFullSegments
        ? RollThreads(
          roller, segments, threadCount: options.sealThreadCount, laneCount: options.laneCount,
          compaction: compacting) : nil,
      compactor: compactor, compacting: compacting,
      leftovers: Leftovers(
        recovery.emptyFiles.filter(\.remembersTails).map(\.name), laneCount: options.laneCount, in: directory),
      tombstones: tombstones, counters: counters, hash: TraceIDHash(key: opening.identity.hashKey),
      report: report)
  }

  private func compactor(_ retention: Retention) -> Compactor {
    let (segments, hashKey) = (segments, opening.identity.hashKey)
    let repair = IndexRepair(hashKey: hashKey, segments: segments, report: report)
    var writer = CompactionWriter(
      directory: opening.directory, identity: opening.identity, sequences: sequences, cache: sealedCache,
      reserveByteCount: options.reserveByteCount,
      snapshot: {
        SegmentSnapshot(segments.wholeSnapshot(), hash: TraceIDHash(key: hashKey), repair: repair)
      })
    writer.rowGroupByteCount = options.rowGroupByteCount
    return Compactor(
      writer, segments, retention, tombstones, cache: sealedCache,
      plan: CompactionPlan(options), report: report)
  }
}

extension Compactor {
  /// `nil` when nothing is compacted by itself.
  fileprivate func thread(_ options: StoreOptions, _ counters: StoreCounters, _ platform: any Platform)
    -> CompactionThread?
  {
    guard options.compactsSealedSegments else { return nil }
    return CompactionThread(
      self, byteRateMax: options.compactionByteRateMax, counters: counters, platform: platform)
  }
}
