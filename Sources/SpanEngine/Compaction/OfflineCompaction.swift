internal import SpanModel
internal import SpanWire

/// Compacts a data directory that no process has open: log segments are sealed, and sealed ones merged into
/// as few as the bound allows.
package struct OfflineCompaction {
  /// The file that a lane begins with and that is given back again.
  private static let segmentByteCount = 1 << 20

  private let rules: CompactionRules
  private let plan: CompactionPlan
  private let options: StoreOptions
  private let platform: any Platform
  private var report = CompactionReport()

  /// - Parameter options: `segmentByteCount` and the like are of no matter.
  package init(
    _ options: StoreOptions, _ rules: CompactionRules = CompactionRules(),
    platform: any Platform = LinuxPlatform()
  ) {
    var options = options
    options.segmentByteCount = Self.segmentByteCount
    options.laneCount = 1
    options.retainByteCount = nil
    options.retainAge = nil
    self.options = options
    self.rules = rules
    self.platform = platform
    plan = CompactionPlan(options)
  }
}

// MARK: In earnest

extension OfflineCompaction {
  /// Does it.
  ///
  /// - Throws: what kept it from being done; what was done until then is.
  package consuming func run() throws(StoreError) -> CompactionReport {
    // Not to make one where there is none.
    _ = try StoreOpening.readOnly(options.directory, platform: platform)
    let directory = Directory(options.directory, on: platform)
    report.before = try extent(of: directory)
    let (store, lanes) = try Store.openStepped(options, platform: platform)
    let context = lanes[0].context
    report.damages = store.damages
    let memory = context.roller.makeMemory()
    do throws(FileError) {
      while try context.roller.sealNext(in: memory) { report.sealedLogCount += 1 }
      memory.release()
    } catch {
      throw .file(error)
    }
    var whole = WholeCompaction(context, plan, rules, UnlimitedPace(), report)
    try whole.run(context.tombstones.snapshot())
    report = whole.report
    do throws(FileError) {
      for lane in lanes { try lane.close() }
      try store.closeFiles()
    } catch {
      throw .file(error)
    }
    report.after = try extent(of: directory)
    return report
  }

  private func extent(of directory: Directory) throws(StoreError) -> CompactionReport.Extent {
    var extent = CompactionReport.Extent()
    do throws(FileError) {
      for name in try directory.fileNames() where FileName.isOfSegment(name) {
        extent.fileCount += 1
        extent.byteCount += try directory.open(name, .readOnly).byteCount()
      }
    } catch {
      throw .file(error)
    }
    return extent
  }
}

// MARK: Rehearsed

extension OfflineCompaction {
  /// Tells what `run` would do, and changes nothing: log segments are sealed in memory, those of one output
  /// at a time.
  package consuming func rehearse() throws(StoreError) -> CompactionReport {
    let opening = try StoreOpening.readOnly(options.directory, platform: platform)
    defer { withExtendedLifetime(opening.lock) {} }
    report.before = try extent(of: opening.directory)
    let cache = SealedCache(byteCount: options.sealedCacheByteCount)
    let indexCache = IndexCache(byteCount: options.indexCacheByteCount)
    var recovery = StoreRecovery(opening, .inMemory, cache: indexCache, sealedCache: cache)
    try recovery.run(givesBackSpace: false)
    report.damages = recovery.damages
    let rehearsal = CompactionRehearsal(opening, recovery, cache, on: platform, rules, plan)
    var logs: Set<SegmentSequence> = []
    for part in try rehearsal.parts() {
      switch part {
      case .kept(let byteCount):
        report.after.fileCount += 1
        report.after.byteCount += byteCount
      case .emptied: report.sealedLogCount += 1
      case .merged(let units):
        if try rehearse(units, rehearsal) { logs.formUnion(units.compactMap(\.log?.sequence)) }
      }
    }
    report.sealedLogCount += logs.count
    return report
  }

  /// - Returns: `false` for damage, which is noted.
  private mutating func rehearse(_ units: [CompactionRehearsal.Unit], _ rehearsal: CompactionRehearsal)
    throws(StoreError) -> Bool
  {
    let done: CompactionRehearsal.Done
    do throws(StoreError) { done = try rehearsal.merge(units) } catch {
      guard case .corrupt(let damage) = error else { throw error }
      report.damages.append(damage)
      report.after.fileCount += units.count
      report.after.byteCount += units.reduce(0) { $0 + $1.fileByteCount }
      return false
    }
    report.add(done.tally, inputCount: units.count, isEmpty: done.footer.spanCount == 0)
    guard done.footer.spanCount > 0 else { return true }
    report.after.fileCount += 1
    report.after.byteCount += done.footer.fileByteCount
    return true
  }
}

extension FileName {
  /// Whether it is of a file that holds spans, or an index of such.
  fileprivate static func isOfSegment(_ name: String) -> Bool {
    parseActive(name) != nil || parseIndex(name) != nil || parseSealed(name) != nil
  }
}
