internal import SpanModel
internal import SpanWire

/// A compaction that writes nothing.
struct CompactionRehearsal {
  enum Unit {
    /// One owner's share of a log segment.
    case log(Segment, SealSource.Share)
    case sealed(SealedSegment)
  }

  enum Part {
    /// A file of so many bytes that stays.
    case kept(byteCount: UInt64)
    case merged([Unit])
    /// A log segment without requests goes.
    case emptied
  }

  struct Done {
    let tally: CompactionTally
    let footer: SealedFooter
  }

  /// Of the spans of one log segment.
  private static let heldByteCountMax: UInt64 = 160 << 20

  private let logs: [IndexedSegment]
  private let sealed: [SealedSegment]
  private let identity: StoreIdentity
  private let cache: SealedCache
  private let order: CompactionOrder
  private let plan: CompactionPlan
  /// In which nothing is changed: what is made there is in memory.
  private let scratch: Directory
  private let sequences: SequenceSource

  init(
    _ opening: StoreOpening, _ recovery: StoreRecovery, _ cache: SealedCache, on platform: any Platform,
    _ rules: CompactionRules, _ plan: CompactionPlan
  ) {
    let tombstones = recovery.tombstones(now: platform.now())
    var identity = opening.identity
    identity.nextSegment = recovery.nextSegment
    identity.nextSequence = recovery.nextSequence
    self.init(
      (recovery.sealed.segments, recovery.segments), opening.directory, identity, cache,
      CompactionOrder(rules: rules, tombstones: tombstones.snapshot()), plan)
  }

  /// - Parameters:
  ///   - segments: all there are.
  ///   - identity: with numbers that no file has.
  init(
    _ segments: (sealed: [SealedSegment], logs: [IndexedSegment]), _ directory: Directory,
    _ identity: StoreIdentity, _ cache: SealedCache, _ order: CompactionOrder, _ plan: CompactionPlan
  ) {
    (sealed, logs) = segments
    self.identity = identity
    self.cache = cache
    self.order = order
    self.plan = plan
    scratch = Directory(directory.path, on: ScratchPlatform(directory.platform))
    sequences = SequenceSource(identity, in: scratch)
  }

  /// All segments, in the order of their records.
  func parts() throws(StoreError) -> [Part] {
    let logs = logs.map(\.segment)
    var parts = logs.filter { !Roller.isSealable($0) }.map { Part.kept(byteCount: $0.fileByteCount) }
    var units = sealed.map { Unit.sealed($0) }
    do throws(FileError) {
      for log in logs where Roller.isSealable(log) {
        guard let shares = try sealer.shares(of: log) else {
          parts.append(.kept(byteCount: log.fileByteCount))
          continue
        }
        units += shares.map { .log(log, $0) }
        if shares.isEmpty { parts.append(.emptied) }
      }
    } catch {
      throw .file(error)
    }
    let packs = plan.packs(of: units.sorted { $0.lastSequence < $1.lastSequence })
    return parts
      + packs.map { pack in
        if pack.count == 1, case .sealed(let only) = pack[0], !only.needsRewrite(order) {
          return .kept(byteCount: only.fileByteCount)
        }
        return .merged(pack)
      }
  }

  func merge(_ units: [Unit], _ pace: any CompactionPace = UnlimitedPace()) throws(StoreError) -> Done {
    var inputs: [SealedSegment] = []
    defer { for input in inputs { forget(input) } }
    for case .sealed(let segment) in units { inputs.append(segment) }
    for case .log(let segment, let share) in units { inputs.append(try seal(segment, share)) }
    inputs.sort(by: SealedSegment.isOlder)
    // Whoever judges meets the spans of these twice, which changes no verdict.
    let all = Dictionary(
      (self.sealed + inputs).map { ($0.sequence, $0) }, uniquingKeysWith: { first, _ in first })
    let writer = CompactionWriter(
      directory: scratch, identity: identity, sequences: sequences, cache: cache, reserveByteCount: 0,
      snapshot: snapshot(Array(all.values).sorted(by: SealedSegment.isOlder), logs))
    let (tally, footer) = try writer.rehearse(inputs, order, pace)
    return Done(tally: tally, footer: footer)
  }

  private func snapshot(_ sealed: [SealedSegment], _ logs: [IndexedSegment])
    -> @Sendable () -> SegmentSnapshot
  {
    let hashKey = identity.hashKey
    let repair = IndexRepair(hashKey: hashKey, segments: SegmentList(logs), report: { _ in })
    return { SegmentSnapshot((sealed, logs), hash: TraceIDHash(key: hashKey), repair: repair) }
  }

  private var sealer: Sealer {
    Sealer(
      directory: scratch, identity: identity, sequences: sequences, cache: cache,
      heldByteCountMax: Self.heldByteCountMax)
  }

  private func seal(_ segment: Segment, _ share: SealSource.Share) throws(StoreError) -> SealedSegment {
    do throws(Sealer.Failure) {
      let outcome = try sealer.seal(segment, in: sealer.makeMemory(), share)
      if case .sealed(let sealed) = outcome, let sealed = sealed.first { return sealed }
    } catch {
      throw .file(error.cause)
    }
    throw .corrupt(segment.damage(at: 0, byteCount: segment.fileByteCount, .frames, "it cannot be sealed"))
  }

  /// Gives memory back, if it is of a segment that was sealed here.
  private func forget(_ segment: SealedSegment) {
    cache.remove(segment.footer)
    // Files that were there before cannot be removed there, which is as it should be.
    do { try scratch.unlinkIfThere(segment.name) } catch _ {}
  }
}

extension CompactionRehearsal.Unit: CompactionUnit {
  /// The log segment it is of.
  var log: Segment? {
    if case .log(let segment, _) = self { segment } else { nil }
  }

  var lastSequence: UInt64 {
    switch self {
    case .log(let segment, _): segment.summary?.nextSequence.rawValue ?? .max
    case .sealed(let segment): segment.footer.lastRecord.rawValue + 1
    }
  }

  var rawByteCount: UInt64 {
    switch self {
    case .log(_, let share): share.byteCount
    case .sealed(let segment): segment.rawByteCount
    }
  }

  var fileByteCount: UInt64 {
    switch self {
    case .log(_, let share): share.byteCount
    case .sealed(let segment): segment.fileByteCount
    }
  }

  /// Of log segments it is not known, and of no matter to who compacts all there is.
  var arrivals: (first: Timestamp, last: Timestamp) {
    if case .sealed(let segment) = self { return segment.arrivals }
    return (Timestamp(nanoseconds: 0), Timestamp(nanoseconds: 0))
  }

  var owner: RecordOwner {
    switch self {
    case .log(_, let share): share.owner
    case .sealed(let segment): segment.owner
    }
  }
}

extension SealedSegment {
  /// Whether it would become another by being compacted alone.
  func needsRewrite(_ order: CompactionOrder) -> Bool {
    let (rules, deleted) = (order.rules, order.tombstones.inForce)
    return !footer.isDense || rules.makeJudge != nil || footer.firstArrival < rules.dropsArrivedBefore
      || deleted.contains { mayHaveSpans(hiddenBy: $0) }
  }
}
