internal import SpanModel
internal import SpanWire

/// A compaction that writes nothing.
struct CompactionRehearsal {
  enum Unit {
    case log(Segment)
    case sealed(SealedSegment)
  }

  enum Part {
    /// A file of so many bytes that stays.
    case kept(byteCount: UInt64)
    case merged([Unit])
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
  func parts() -> [Part] {
    let logs = logs.map(\.segment)
    let kept = logs.filter { !Roller.isSealable($0) }.map { Part.kept(byteCount: $0.fileByteCount) }
    let units = logs.filter(Roller.isSealable).map { Unit.log($0) } + sealed.map { .sealed($0) }
    let packs = plan.packs(of: units.sorted { $0.lastSequence < $1.lastSequence })
    return kept
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
    for case .log(let segment) in units { inputs.append(try seal(segment)) }
    inputs.sort(by: SealedSegment.isOlder)
    let logs = logs.filter { indexed in !units.contains { $0.isLog(indexed.segment) } }
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

  private func seal(_ segment: Segment) throws(StoreError) -> SealedSegment {
    let sealer = Sealer(
      directory: scratch, identity: identity, sequences: sequences, cache: cache,
      heldByteCountMax: Self.heldByteCountMax)
    do throws(FileError) {
      if case .sealed(let sealed) = try sealer.seal(segment, in: sealer.makeMemory()) { return sealed }
    } catch {
      throw .file(error)
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
  var isLog: Bool {
    if case .log = self { true } else { false }
  }

  func isLog(_ segment: Segment) -> Bool {
    if case .log(let own) = self { own === segment } else { false }
  }

  var lastSequence: UInt64 {
    switch self {
    case .log(let segment): segment.summary?.nextSequence.rawValue ?? .max
    case .sealed(let segment): segment.footer.lastRecord.rawValue + 1
    }
  }

  var rawByteCount: UInt64 {
    switch self {
    case .log(let segment): segment.readableEnd
    case .sealed(let segment): segment.rawByteCount
    }
  }

  var fileByteCount: UInt64 {
    switch self {
    case .log(let segment): segment.fileByteCount
    case .sealed(let segment): segment.fileByteCount
    }
  }

  /// Of log segments it is not known, and of no matter to who compacts all there is.
  var arrivals: (first: Timestamp, last: Timestamp) {
    if case .sealed(let segment) = self { return segment.arrivals }
    return (Timestamp(nanoseconds: 0), Timestamp(nanoseconds: 0))
  }

  var owner: (tenant: UInt32, partition: UInt32) {
    if case .sealed(let segment) = self { segment.owner } else { (0, 0) }
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
