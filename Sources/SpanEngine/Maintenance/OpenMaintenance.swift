internal import SpanModel
internal import SpanWire

/// Compacts, verifies and copies a store while it is open. One thread at a time; may wait for the disk, and
/// for other threads of the store.
struct OpenMaintenance {
  /// How long it waits for a segment to become full or sealed, nothing else happening.
  private static let patience = Duration.seconds(10)
  private static let pollInterval = Duration.milliseconds(10)

  let context: LaneContext
  let identity: StoreIdentity
  let unreadable: [Damage]
  let control: MaintenanceControl
  /// Has every lane's segment become full that has a record.
  let rollAll: @Sendable () -> Void

  private var directory: Directory { context.directory }
  private var segments: SegmentList { context.segments }

  func run(_ order: MaintenanceOrder) throws(StoreError) -> MaintenanceResult {
    switch order {
    case .compact(let rules, isRehearsed: true): .compacted(try rehearse(rules))
    case .compact(let rules, isRehearsed: false): .compacted(try compact(rules))
    case .verify: .verified(try verify())
    case .find(let traceID):
      .found(try TraceRemains.find(traceID, whileOpen: directory, control), of: traceID)
    case .snapshot(let path): .copied(try snapshot(into: path))
    }
  }
}

// MARK: Compaction

extension OpenMaintenance {
  private func compact(_ rules: CompactionRules) throws(StoreError) -> CompactionReport {
    // The other one would merge the same.
    context.compacting?.hold()
    defer { context.compacting?.release() }
    var report = CompactionReport()
    report.before = extent
    report.sealedLogCount = try sealAll()
    let pace = MaintenancePace(control, byteCount: 2 * sealedByteCount)
    report.damages = logDamages
    var whole = WholeCompaction(context, CompactionPlan(context.options), rules, pace, report)
    try whole.run(context.tombstones.snapshot())
    report = whole.report
    report.after = extent
    return report
  }

  private func rehearse(_ rules: CompactionRules) throws(StoreError) -> CompactionReport {
    var report = CompactionReport()
    report.before = extent
    report.damages = logDamages
    var numbers = context.sequences.reserved
    // No file's: those that are made here are in memory, and never beside the others.
    numbers.nextSegment = SegmentSequence(numbers.nextSegment.rawValue + 1 << 32)
    let order = CompactionOrder(rules: rules, tombstones: context.tombstones.snapshot())
    // What is not sealed stays as it is, and counts so.
    let rehearsal = CompactionRehearsal(
      (segments.sealedSnapshot(), []), directory, numbers, SealedCache(byteCount: 0), order,
      CompactionPlan(context.options))
    let pace = MaintenancePace(control, byteCount: sealedByteCount)
    report.after = logExtent
    for part in try rehearsal.parts() {
      switch part {
      case .kept(let byteCount): report.after.add(byteCount)
      case .merged(let units): try rehearse(units, rehearsal, pace, &report)
      case .emptied: break
      }
    }
    return report
  }

  private func rehearse(
    _ units: [CompactionRehearsal.Unit], _ rehearsal: CompactionRehearsal, _ pace: MaintenancePace,
    _ report: inout CompactionReport
  ) throws(StoreError) {
    do throws(StoreError) {
      let done = try rehearsal.merge(units, pace)
      report.add(done.tally, inputCount: units.count, isEmpty: done.footer.spanCount == 0)
      if done.footer.spanCount > 0 { report.after.add(done.footer.fileByteCount) }
    } catch {
      guard case .corrupt(let damage) = error else { throw error }
      report.damages.append(damage)
      for unit in units { report.after.add(unit.fileByteCount) }
    }
  }

  private var sealedByteCount: UInt64 {
    segments.sealedSnapshot().reduce(0) { $0 + $1.footer.fileByteCount }
  }

  /// Of segments in which something is: what stays as it is.
  private var logDamages: [Damage] { segments.snapshot().flatMap(\.segment.damages) }

  private var extent: CompactionReport.Extent {
    var extent = logExtent
    for segment in segments.sealedSnapshot() { extent.add(segment.footer.fileByteCount) }
    return extent
  }

  /// Of log segments what is in use: the rest of an active file is room, and no data.
  private var logExtent: CompactionReport.Extent {
    var extent = CompactionReport.Extent()
    for indexed in segments.snapshot() where indexed.segment.hasFrames {
      extent.add(indexed.segment.readableEnd)
      if case .file(let index) = indexed.index { extent.add(index.header.fileByteCount) }
    }
    return extent
  }
}

extension CompactionReport.Extent {
  fileprivate mutating func add(_ byteCount: UInt64) {
    fileCount += 1
    self.byteCount += byteCount
  }
}

extension Segment {
  var hasFrames: Bool { readableEnd > UInt64(SegmentHeader.pageByteCount) }
}

// MARK: Sealing

extension OpenMaintenance {
  /// Has all that was stored until now sealed, as far as it can be.
  ///
  /// - Returns: how many log segments were.
  private func sealAll() throws(StoreError) -> Int {
    let open = segments.snapshot().map(\.segment).filter { !$0.isFull && $0.hasFrames }
    rollAll()
    try wait(untilNone: { open.filter { !$0.isFull } })
    let logs = segments.snapshot().map(\.segment).filter(Roller.isSealable)
    try control.begin(.sealing, of: logs.reduce(0) { $0 + $1.readableEnd })
    if let rolling = context.rolling {
      rolling.runSoon()
      try wait(untilNone: { unsealed(logs) })
    } else {
      let memory = context.roller.makeMemory()
      do throws(FileError) { while try context.roller.sealNext(in: memory) {} } catch { throw .file(error) }
    }
    return logs.count - unsealed(logs).count
  }

  private func unsealed(_ logs: [Segment]) -> [Segment] {
    let there = segments.snapshot()
    return logs.filter { log in there.contains { $0.segment === log } }
  }

  /// Waits as long as there are fewer now and then.
  private func wait(untilNone left: () -> [Segment]) throws(StoreError) {
    let lock = Lock()
    var count = left().count
    var waited = Duration.zero
    while count > 0, waited < Self.patience {
      try control.check()
      lock.withLock { _ = lock.wait(atMost: Self.pollInterval) }
      waited += Self.pollInterval
      let now = left().count
      if now < count { waited = .zero }
      count = now
    }
  }
}

// MARK: Verification and copies

extension OpenMaintenance {
  private func verify() throws(StoreError) -> StoreVerification {
    // What is merged meanwhile would be counted once more.
    context.compacting?.hold()
    defer { context.compacting?.release() }
    return try StoreVerification.verify(segments, directory, identity, unreadable: unreadable, control)
  }

  private func snapshot(into path: String) throws(StoreError) -> StoreSnapshot {
    guard path.hasPrefix("/") else {
      throw .unusable(
        path: path, reason: "name a directory of the server's machine from its root on, as /backup/traces")
    }
    return try StoreSnapshot.take(
      of: segments.wholeSnapshot(), in: directory, into: path, control,
      reserve: context.options.reserveByteCount
    ) { context.sequences.reserved }
  }
}
