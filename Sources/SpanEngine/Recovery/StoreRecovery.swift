internal import SpanModel
internal import SpanWire

/// What an earlier process left in a data directory.
struct StoreRecovery {
  /// How far numbers can be ahead of those the identity has reserved, should it have been put back from an
  /// old copy. One that says more is nobody's; going on behind it could use up all there are.
  private static let unreservedCountMax: UInt64 = 1 << 40

  /// What becomes of the indexes of segments that had to be read.
  enum Indexes {
    /// Nobody reads traces.
    case left
    /// Held as long as the store is open: 12 bytes for each trace of a request, and up to 21 for each trace.
    case inMemory
    /// Each is written as soon as its segment is read: memory stays bounded however many there are, as long
    /// as they can be written, and a start that is cut short need not read them again.
    case written(IndexWriter)
  }

  /// Something of one lane.
  struct OfLane<Value> {
    let lane: UInt32
    let value: Value
  }

  private(set) var segments: [IndexedSegment] = []
  private(set) var sealed = SealedRecovery()
  /// Active files in which nothing was ever stored.
  private(set) var emptyFiles: [(name: String, remembersTails: Bool)] = []
  /// Index files whose segment is gone.
  private(set) var orphanNames: [String] = []
  /// Index files that cannot be used; their segments were read instead.
  private(set) var unusableIndexNames: [String] = []
  /// Files that cannot be read at all.
  private(set) var unreadable: [Damage] = []
  /// What is wrong with segments: first files that cannot be read at all, then the others, the oldest first.
  private(set) var damages: [Damage] = []
  /// Files that ended without a closing frame and that no later file remembers.
  private(set) var tails: [OfLane<RecoveredTail>] = []
  /// Why the last index that should have been written is still in memory.
  private(set) var indexFailure: FileError?
  private(set) var tornTails: [(name: String, position: UInt64)] = []
  private(set) var requestCount: UInt64 = 0
  private(set) var spanCount: UInt64 = 0
  private(set) var rejectedSpanCount: UInt64 = 0
  private(set) var nextSequence: RecordSequence
  private(set) var nextSegment: SegmentSequence

  /// Called for each record that was kept, and for each file that was walked, the newest first.
  var onRecord: ((ScannedRecord, FrameScan) throws(FileError) -> Void)?
  var onWalked: ((SegmentFile, SegmentRecovery) throws(FileError) -> Void)?

  private let directory: Directory
  private let identity: StoreIdentity
  /// For segments whose index file is used; without it every segment is read.
  private let cache: IndexCache?
  private let sealedCache: SealedCache
  private let indexes: Indexes
  private(set) var ledger = Ledger.Contents()
  private var rememberedTails: [SegmentSequence: RecoveredTail] = [:]
  /// Those that a file remembers which stays.
  private var keptTails: Set<SegmentSequence> = []
  /// Set when a file was written by a newer release.
  private var newer: StoreError?
  /// Lanes that went on in a later file than the one looked at.
  private var lanesWithLaterFrames: Set<UInt32> = []

  init(
    _ opening: StoreOpening, _ indexes: Indexes, cache: IndexCache? = nil,
    sealedCache: SealedCache = SealedCache(byteCount: 0)
  ) {
    directory = opening.directory
    identity = opening.identity
    self.indexes = indexes
    self.cache = cache
    self.sealedCache = sealedCache
    nextSequence = identity.nextSequence
    nextSegment = identity.nextSegment
  }

  /// Finds all segments there are, and reads those that have no index file.
  ///
  /// - Parameter givesBackSpace: whether unused room behind the end of a file that was not closed is cut off.
  mutating func run(givesBackSpace: Bool) throws(StoreError) {
    var files: [SegmentFile]
    do throws(FileError) {
      var names = try directory.fileNames()
      try takeSealed(names)
      let gone = Set(sealed.supersededNames(in: identity.storeID))
      names.removeAll { gone.contains($0) }
      ledger = try Ledger.contents(in: directory, names: names, storeID: identity.storeID)
      files = try openFiles(names, givesBackSpace ? .readWrite : .readOnly)
      nameMissingFiles(names)
      nameOrphans(names)
    } catch {
      throw .file(error)
    }
    if let newer { throw newer }
    do throws(FileError) {
      // Newest first: what a lane did later tells how its earlier files must end.
      files.sort { $0.header.sequence > $1.header.sequence }
      for file in files {
        for tail in file.header.tails where rememberedTails[tail.segment] == nil {
          rememberedTails[tail.segment] = tail
        }
      }
      for file in files { try recover(file, givesBackSpace: givesBackSpace) }
    } catch {
      throw .file(error)
    }
    damages = sealed.damages + unreadable + damages
    segments.sort { $0.segment.sequence < $1.segment.sequence }
    tails.sort { $0.value.segment < $1.value.segment }
  }

  private mutating func takeSealed(_ names: [String]) throws(FileError) {
    sealed = try SealedRecovery(names, in: directory, identity, cache: sealedCache)
    newer = sealed.newer
    for segment in sealed.segments {
      requestCount += segment.footer.recordCount
      spanCount += segment.footer.spanCount
      noteNumbers(nextSegment: segment.sequence, lastRecord: segment.footer.lastRecord)
    }
  }

  /// Goes on behind numbers that were given away, unless nobody can have given them.
  private mutating func noteNumbers(nextSegment sequence: SegmentSequence, lastRecord: RecordSequence) {
    if sequence.rawValue < identity.nextSegment.rawValue + Self.unreservedCountMax {
      nextSegment = max(nextSegment, SegmentSequence(sequence.rawValue + 1))
    }
    if lastRecord.rawValue < identity.nextSequence.rawValue + Self.unreservedCountMax {
      nextSequence = max(nextSequence, RecordSequence(lastRecord.rawValue + 1))
    }
  }

  private mutating func recover(_ file: SegmentFile, givesBackSpace: Bool) throws(FileError) {
    if let (segment, index) = try openWithIndex(file) {
      take(segment.header, index.header.summary)
      segments.append(IndexedSegment(segment: segment, index: .file(index)))
      return
    }
    let recovery = try walk(file)
    if let position = recovery.tornAt { tornTails.append((file.name, position)) }
    if recovery.isEmpty {
      emptyFiles.append((file.name, remembersTails: !file.header.tails.isEmpty))
      return
    }
    damages = recovery.damages + damages
    take(file.header, recovery.summary, isDamaged: recovery.damages.contains { $0.extent != .nothing })
    var byteCount = recovery.fileByteCount
    if givesBackSpace, !recovery.summary.isClosed, recovery.restIsUnused, recovery.damages.isEmpty {
      byteCount = min(byteCount, recovery.summary.end)
      if byteCount < recovery.fileByteCount { try file.file.setByteCount(byteCount) }
    }
    // A process that was killed may have left the last frames unsynced: nobody may read what a loss of power
    // could still take.
    if givesBackSpace { try file.file.sync() } else { try file.file.syncWherePossible() }
    keep(recovery.segment(of: file, fileByteCount: byteCount), recovery)
  }

  /// - Parameter segment: synced, so that its index says nothing that a loss of power could still change.
  private mutating func keep(_ segment: Segment, _ recovery: SegmentRecovery) {
    if case .left = indexes { return }
    let index = recovery.index()
    // What is damaged is read in full each time the store is opened, so that the damage is named again.
    if case .written(let writer) = indexes, recovery.damages.isEmpty {
      do throws(FileError) {
        let file = try writer.write(index, of: segment.header, recovery.summary)
        segments.append(IndexedSegment(segment: segment, index: .file(file)))
        return
      } catch {
        // Tried again by upkeep.
        indexFailure = error
      }
    }
    segments.append(IndexedSegment(segment: segment, index: .memory(index)))
  }

  private func walk(_ file: SegmentFile) throws(FileError) -> SegmentRecovery {
    let header = file.header
    var evidence = DurableEvidence()
    evidence.ledger = ledger.entries[header.sequence]?.durableUpTo ?? 0
    evidence.tail = rememberedTails[header.sequence]
    // A file made to measure gets its name only when it is whole.
    evidence.mustBeClosed =
      header.isMadeToMeasure || (evidence.tail == nil && lanesWithLaterFrames.contains(header.lane))
    var recovery = SegmentRecovery(hashKey: identity.hashKey)
    let scan = try FrameScan(file)
    let onRecord = onRecord
    try recovery.run(scan, evidence) { (record) throws(FileError) in try onRecord?(record, scan) }
    try onWalked?(file, recovery)
    return recovery
  }

  /// The segment without reading it, when its index file is whole and the file as long as that says.
  private mutating func openWithIndex(_ file: SegmentFile) throws(FileError) -> (Segment, IndexFile)? {
    guard let cache, file.headerDamage == nil else { return nil }
    let index: IndexFile
    switch try IndexFile.find(for: file.header, in: directory, cache: cache) {
    case .missing: return nil
    case .unusable:
      unusableIndexNames.append(FileName.index(lane: file.header.lane, file.header.sequence))
      return nil
    case .whole(let found): index = found
    }
    let summary = index.header.summary
    let fileByteCount = try file.file.byteCount()
    guard fileByteCount >= summary.end, ledger.entries[file.header.sequence]?.durableUpTo ?? 0 <= summary.end
    else { return nil }
    let segment = Segment(
      name: file.name, header: file.header, file: file.file, fileByteCount: fileByteCount,
      readableEnd: summary.end, summary: summary)
    return (segment, index)
  }

  /// Notes what a file that stays tells of the store.
  private mutating func take(
    _ header: SegmentHeader, _ summary: IndexHeader.Summary, isDamaged: Bool = false
  ) {
    if !header.isMadeToMeasure, summary.frameCount > 0 || isDamaged {
      lanesWithLaterFrames.insert(header.lane)
    }
    keptTails.formUnion(header.tails.map(\.segment))
    requestCount += summary.requestCount
    spanCount += summary.spanCount
    rejectedSpanCount += summary.rejectedSpanCount
    if summary.nextSequence.rawValue < identity.nextSequence.rawValue + Self.unreservedCountMax {
      nextSequence = max(nextSequence, summary.nextSequence)
    }
    if !summary.isClosed, !keptTails.contains(header.sequence) {
      let tail = RecoveredTail(
        segment: header.sequence, end: summary.end, frameChecksum: summary.lastChecksum)
      tails.append(OfLane(lane: header.lane, value: tail))
    }
  }
}

// MARK: Tombstones

extension StoreRecovery {
  /// The tombstones of all segments, but for those that nothing needs.
  func tombstones(now: Timestamp) -> TombstoneSet {
    let found = segments.flatMap { $0.segment.summary?.tombstones ?? [] }
    let mayDrop = unreadable.isEmpty && sealed.damages.isEmpty
    let tombstones = TombstoneSet(found, key: identity.hashKey, mayDrop: mayDrop)
    let requests = StoredRequests(sealed.segments, segments.map(\.segment))
    tombstones.drop(ifHidingNothingIn: requests, now: now)
    return tombstones
  }
}

// MARK: Names

extension StoreRecovery {
  private mutating func openFiles(_ names: [String], _ mode: OpenMode) throws(FileError)
    -> [SegmentFile]
  {
    var files: [SegmentFile] = []
    for name in names {
      guard let parsed = FileName.parseActive(name) else { continue }
      guard parsed.sequence.rawValue < identity.nextSegment.rawValue + Self.unreservedCountMax else {
        unreadable.append(misnamed(name, "no segment was ever given this sequence"))
        continue
      }
      nextSegment = max(nextSegment, SegmentSequence(parsed.sequence.rawValue + 1))
      do {
        let file = try SegmentFile(name, mode, in: directory)
        if let damage = misplacement(of: file) {
          unreadable.append(damage)
        } else {
          files.append(file)
        }
      } catch {
        switch error {
        case .file(let error): throw error
        case .damaged(let damage): unreadable.append(damage)
        case .newer(let error):
          newer = .unusable(path: directory.path(of: name), reason: error.description)
        }
      }
    }
    return files
  }

  /// Segments that a ledger names as durable and that are not there any more.
  private mutating func nameMissingFiles(_ names: [String]) {
    let names = Set(names)
    for (sequence, entry) in ledger.entries {
      let name = FileName.active(lane: entry.lane, sequence)
      let superseded = SupersededSegment(log: sequence, lane: entry.lane, of: identity.storeID)
      guard !names.contains(name), !sealed.superseded.contains(superseded) else { continue }
      unreadable.append(
        Damage(
          file: name, position: 0, byteCount: entry.durableUpTo, extent: .frames,
          reason: "the file is gone, and the ledger names it as durable"))
    }
  }

  private mutating func nameOrphans(_ names: [String]) {
    let indexNames = names.filter { FileName.parseIndex($0) != nil }
    if indexNames.isEmpty { return }
    let known = Set(names)
    orphanNames = indexNames.filter { name in
      guard let (lane, sequence) = FileName.parseIndex(name) else { return false }
      return !known.contains(FileName.active(lane: lane, sequence))
    }
  }

  /// A whole header that belongs to another store or another name.
  private func misplacement(of file: SegmentFile) -> Damage? {
    if file.header.storeID != identity.storeID { return misnamed(file.name, "it belongs to another store") }
    let name = FileName.active(lane: file.header.lane, file.header.sequence)
    return name == file.name ? nil : misnamed(file.name, "it was made under another name, \(name)")
  }

  private func misnamed(_ name: String, _ reason: String) -> Damage {
    Damage(
      file: name, position: 0, byteCount: UInt64(SegmentHeader.pageByteCount), extent: .frames, reason: reason
    )
  }
}
