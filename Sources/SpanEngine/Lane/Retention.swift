internal import SpanModel
internal import SpanWire
internal import Synchronization
internal import SystemPackage

/// Keeps a store within its bytes and its age: before a file is made, the oldest full ones are retired, and
/// every now and then those all of which is too old.
///
/// Retiring has the ledger forget a segment, takes its name, and then takes it out of what readers find; only
/// when that is durable is the file's space anybody's again. One thread at a time does it for all lanes.
final class Retention: @unchecked Sendable {
  private let options: StoreOptions
  private let segments: SegmentList
  private let ledgers: [UInt32: Ledger]
  private let tombstones: TombstoneSet
  private let files: SegmentFiles
  private let counters: StoreCounters
  private let report: @Sendable (StoreEvent) -> Void
  private let lock = Lock()
  /// Bytes of files that were made and are not in the list yet. No part of what `lock` guards: lanes give
  /// them back between two frames, while upkeep waits for the disk.
  private let promisedByteCount = Atomic<UInt64>(0)
  /// Files of sealed segments that can be used again: one for each lane at the most.
  // SAFETY: only touched under `lock`.
  private var spares: [RetiredFile] = []
  /// The log segments that the roller is rewriting: each goes when it is sealed, or stays.
  // SAFETY: only touched under `lock`.
  private var sealing: Set<SegmentSequence> = []
  /// Why what is too old could not be retired.
  // SAFETY: only touched under `lock`.
  private var lastFailure: FileError?
  /// Of segments whose newest record's arrival is not known: no record in them is newer.
  private let openedAt: Timestamp

  init(
    options: StoreOptions, segments: SegmentList, ledgers: [UInt32: Ledger], tombstones: TombstoneSet,
    files: SegmentFiles, counters: StoreCounters, report: @escaping @Sendable (StoreEvent) -> Void
  ) {
    self.options = options
    self.segments = segments
    self.ledgers = ledgers
    self.tombstones = tombstones
    self.files = files
    self.counters = counters
    self.report = report
    openedAt = files.directory.platform.now()
  }

  private var directory: Directory { files.directory }

  /// Retires segments until `byteCount` more bytes fit, and counts those as taken until `release`.
  ///
  /// - Parameter recycling: whether a retired file of ordinary size may be used again.
  /// - Returns: one that can be, its old names durably gone.
  func makeRoom(for byteCount: UInt64, recycling: Bool) throws(FileError) -> RetiredFile? {
    try lock.withLock { () throws(FileError) in
      try discardStale()
      if recycling, let spare = spares.popLast() {
        counters.recycledFiles.add(1, ordering: .relaxed)
        promisedByteCount.add(byteCount, ordering: .relaxed)
        return spare
      }
      var recycled: RetiredFile?
      // More than one when the store was opened with a lower limit than before.
      do throws(FileError) {
        while let oldest = sealedToRetire(for: byteCount) { try retire(oldest, .room) }
        while var oldest = segmentToRetire(for: byteCount) {
          let bytesStart = oldest.bytesStart
          let name = try retire(&oldest, .room, recycling: recycling && recycled == nil)
          if let name { recycled = RetiredFile(temporaryName: name, bytesStart: bytesStart) }
        }
      } catch {
        if let recycled { discard(recycled.temporaryName) }
        throw error
      }
      promisedByteCount.add(byteCount, ordering: .relaxed)
      return recycled
    }
  }

  /// Retires the segments whose newest record arrived longer ago than anything is kept, the oldest first.
  func retireOld() throws(FileError) {
    guard let age = options.retainAge else { return }
    try lock.withLock { () throws(FileError) in
      let end = directory.platform.now().earlier(by: age)
      while let oldest = segments.sealedSnapshot().first(where: { $0.footer.lastArrival < end }) {
        try retire(oldest, .age)
      }
      while var oldest = oldLogSegment(arrivedBefore: end) {
        _ = try retire(&oldest, .age, recycling: false)
      }
    }
  }

  /// As upkeep does: a failure is told once, and tried again next time.
  func retireOldOrTell() {
    do throws(FileError) {
      try retireOld()
      lock.withLock { lastFailure = nil }
    } catch {
      let isKnown = lock.withLock {
        defer { lastFailure = error }
        return lastFailure == error
      }
      if !isKnown { report(.notRemoved(error)) }
    }
  }

  private func oldLogSegment(arrivedBefore end: Timestamp) -> Segment? {
    segments.snapshot().first { indexed in
      let noted = indexed.segment.summary?.lastArrival.nanoseconds ?? 0
      return mayRetire(indexed.segment) && (noted == 0 ? openedAt : Timestamp(nanoseconds: noted)) < end
    }?.segment
  }

  /// Counts `byteCount` bytes as taken no longer by themselves: their file is in the list, or was not made.
  func release(_ byteCount: UInt64) { promisedByteCount.subtract(byteCount, ordering: .releasing) }

  /// The oldest full segment, when the store with `byteCount` more is larger than it may be.
  private func segmentToRetire(for byteCount: UInt64) -> Segment? {
    guard isOver(byteCount) else { return nil }
    return segments.snapshot().first { mayRetire($0.segment) }?.segment
  }

  /// One with tombstones alone goes with what they hide, or when they are carried further.
  private func mayRetire(_ segment: Segment) -> Bool {
    segment.isFull && !segment.hasTombstonesAlone && !sealing.contains(segment.sequence)
  }

  /// The oldest sealed segment, likewise: what was sealed came before what was not.
  private func sealedToRetire(for byteCount: UInt64) -> SealedSegment? {
    isOver(byteCount) ? segments.sealedSnapshot().first : nil
  }

  private func isOver(_ byteCount: UInt64) -> Bool {
    guard let retainByteCount = options.retainByteCount else { return false }
    // First: what is given back after this is in the list by then, and what is in both counts twice.
    let promised = promisedByteCount.load(ordering: .acquiring)
    let (sealed, snapshot) = segments.wholeSnapshot()
    let logs = snapshot.reduce(promised) { $0 + $1.diskByteCount }
    let held = sealed.reduce(logs + UInt64(spares.count * options.segmentByteCount)) {
      $0 + $1.footer.fileByteCount
    }
    return held + byteCount > retainByteCount
  }

  private func retire(_ segment: SealedSegment, _ reason: RetirementReason) throws(FileError) {
    try finish(segment)
    try directory.unlink(segment.name)
    segments.replace([], [segment], with: [])
    counters.countRetired(segment.footer, reason)
    report(.retired(segment.sequence, reason))
    try directory.sync()
    try dropTombstones()
  }

  /// Puts a sealed segment in the place of others, which are all in it.
  ///
  /// - Parameters:
  ///   - tally: what of their spans is not in it.
  ///   - publish: commits its file; called when none of the others was retired meanwhile.
  /// - Returns: `nil` when one was.
  func replace(
    _ superseded: [SealedSegment], _ tally: CompactionTally, publish: () throws(FileError) -> SealedSegment
  ) throws(FileError) -> SealedSegment? {
    try lock.withLock { () throws(FileError) in
      let held = segments.sealedSnapshot()
      guard superseded.allSatisfy({ segment in held.contains { $0 === segment } }) else { return nil }
      for segment in superseded { try finish(segment) }
      let new = try publish()
      segments.replace([], superseded, with: [new])
      counters.countCompacted(superseded.map(\.footer), into: new.footer, tally)
      return new
    }
  }

  /// Removes what a sealed segment supersedes, durably; itself, too, when it holds nothing.
  func finishReplacing(with segment: SealedSegment) throws(FileError) {
    try lock.withLock { () throws(FileError) in
      try finish(segment)
      if segment.footer.spanCount == 0 {
        try directory.unlinkIfThere(segment.name)
        segments.replace([], [segment], with: [])
        try directory.sync()
      }
      try dropTombstones()
    }
  }

  /// Until this is done, a crash may leave both, and the segment must be there to tell.
  private func finish(_ segment: SealedSegment) throws(FileError) {
    if segment.isFinished { return }
    for gone in segment.supersedes where gone.storeID == segment.footer.storeID {
      if gone.kind == .log { try ledgers[gone.lane]?.forget(gone.sequence) }
      try directory.unlinkIfThere(gone.fileName)
      if gone.kind == .log { try directory.unlinkIfThere(FileName.index(lane: gone.lane, gone.sequence)) }
    }
    try directory.sync()
    segment.markFinished()
  }

  /// Takes the name of a log segment whose spans are all in sealed ones; keeps its file, if it can be used
  /// again.
  ///
  /// - Parameter segment: the caller's only reference; not in the list any more.
  func retireSuperseded(_ segment: inout Segment, by sealed: [SealedSegment]) throws(FileError) {
    try lock.withLock { () throws(FileError) in
      // Somebody who could not wait for it did it, for all of them.
      if sealed.contains(where: \.isFinished) {
        for sealed in sealed { sealed.markFinished() }
        return
      }
      let temporaryName = segment.name + FileName.temporarySuffix
      let bytesStart = segment.bytesStart
      try ledgers[segment.header.lane]?.forget(segment.sequence)
      var isKept = spares.count < options.laneCount
      if isKept { isKept = try canBeUsedAgain(segment) }
      if isKept {
        try directory.rename(segment.name, to: temporaryName)
      } else {
        try directory.unlinkIfThere(segment.name)
      }
      try directory.unlinkIfThere(FileName.index(lane: segment.header.lane, segment.sequence))
      try directory.sync()
      for sealed in sealed { sealed.markFinished() }
      guard isKept else { return }
      // Nobody finds it any more: if nobody holds it now, nobody ever will.
      guard isKnownUniquelyReferenced(&segment), try !segment.file.hasOtherNames() else {
        return try directory.unlink(temporaryName)
      }
      spares.append(RetiredFile(temporaryName: temporaryName, bytesStart: bytesStart))
    }
  }

  /// Gives the space of unused files free.
  ///
  /// - Parameter holdingDeleted: only of those in which deleted spans may stand; else the store is being
  ///   closed.
  func discardSpares(holdingDeleted: Bool = false) throws(FileError) {
    try lock.withLock { () throws(FileError) in
      if holdingDeleted { return try discardStale() }
      while let spare = spares.popLast() { try directory.unlinkIfThere(spare.temporaryName) }
    }
  }

  private func discardStale() throws(FileError) {
    while let place = spares.firstIndex(where: { wasDeleted(since: $0.bytesStart) }) {
      try directory.unlinkIfThere(spares[place].temporaryName)
      spares.remove(at: place)
    }
  }

  /// Whether bytes that were in the file before this life of it may be spans of a trace deleted since.
  func mayHoldDeleted(_ segment: Segment) -> Bool {
    segment.header.isRecycled && wasDeleted(since: segment.bytesStart)
  }

  /// Files in which deleted spans may stand are not used again: they would stay behind what is written next.
  private func wasDeleted(since start: RecordSequence) -> Bool {
    let newest = tombstones.newestSequence
    return newest.rawValue > 0 && start <= newest
  }

  /// - Parameter segment: the caller's only reference, so that it can be told whether a reader has another.
  private func retire(_ segment: inout Segment, _ reason: RetirementReason, recycling: Bool)
    throws(FileError) -> String?
  {
    for var carrier in try carryTombstones(of: segment) {
      _ = try remove(&carrier, .tombstones, recycling: false)
    }
    let recycledName = try remove(&segment, reason, recycling: recycling)
    do throws(FileError) { try dropTombstones() } catch {
      if let recycledName { discard(recycledName) }
      throw error
    }
    return recycledName
  }

  /// - Parameter segment: the caller's only reference, so that it can be told whether a reader has another.
  private func remove(_ segment: inout Segment, _ reason: RetirementReason, recycling: Bool)
    throws(FileError) -> String?
  {
    let name = segment.name
    let header = segment.header
    let summary = segment.summary ?? IndexHeader.Summary()
    try ledgers[header.lane]?.forget(segment.sequence)
    // Readers find it until its name is gone, as they read it by its open file: should this fail, it is there
    // as before, and counted.
    let isKept = recycling ? try canBeUsedAgain(segment) : false
    let temporaryName = name + FileName.temporarySuffix
    if isKept { try directory.rename(name, to: temporaryName) } else { try directory.unlink(name) }
    segments.remove(segment)
    counters.countRetired(summary, reason)
    report(.retired(segment.sequence, reason))
    do throws(FileError) {
      // Behind the segment's name: whoever makes an index meanwhile finds the segment gone, and removes it.
      try directory.unlinkIfThere(FileName.index(lane: header.lane, header.sequence))
      // Before this a crash may bring the file back under its name, with all that was in it.
      try directory.sync()
    } catch {
      if isKept { discard(temporaryName) }
      throw error
    }
    guard isKept else { return nil }
    // Nobody finds it any more: if nobody holds it now, nobody ever will.
    guard isKnownUniquelyReferenced(&segment), try !segment.file.hasOtherNames() else {
      try directory.unlink(temporaryName)
      return nil
    }
    counters.recycledFiles.add(1, ordering: .relaxed)
    return temporaryName
  }

  /// Gives the space of a file free that has no other name any more.
  private func discard(_ temporaryName: String) {
    // What is left of it is removed when the store is opened; the failure before this one is told.
    do { try directory.unlink(temporaryName) } catch _ {}
  }

  private func canBeUsedAgain(_ segment: Segment) throws(FileError) -> Bool {
    guard !segment.header.isMadeToMeasure, segment.fileByteCount == UInt64(options.segmentByteCount),
      !wasDeleted(since: segment.bytesStart)
    else { return false }
    let isWhole = try segment.file.byteCount() == segment.fileByteCount
    return try isWhole ? !segment.file.hasOtherNames() : false
  }
}

// MARK: Tombstones

extension Retention {
  /// Writes those tombstones of a segment that something still needs into a file of their own, durably,
  /// before the segment goes; and with them those of earlier such files, so that there is one at a time.
  ///
  /// A file and no lane's frame: the lane may be the one that waits for this.
  ///
  /// - Returns: the earlier files, which may now go too.
  ///
  /// - Parameter keepsRequests: whether the segment's requests stay, in a sealed one.
  private func carryTombstones(of segment: Segment, keepsRequests: Bool = false) throws(FileError)
    -> [Segment]
  {
    guard let found = segment.summary?.tombstones, !found.isEmpty else { return [] }
    let (sealed, logs) = segments.wholeSnapshot()
    let all = logs.map(\.segment)
    let carriers = all.filter { $0 !== segment && $0.hasTombstonesAlone }
    let others = all.filter { keepsRequests || $0 !== segment }
    let requests = StoredRequests(sealed, others)
    let now = directory.platform.now()
    guard !tombstones.needed(of: found, in: requests, now: now).isEmpty else { return [] }
    let sources = (carriers + [segment]).flatMap { $0.summary?.tombstones ?? [] }
    // One may stand in two files, when it was carried and the file it was in could not be removed.
    let needed = Set(tombstones.needed(of: sources, in: requests, now: now))
    let records = needed.sorted { $0.sequence < $1.sequence }.map {
      PreparedRecord.deletion(PreparedTombstone(carrying: $0))
    }
    let made = try files.makeToMeasure(
      lane: segment.header.lane, records[...], firstSequence: files.sequences.takeRecords(records.count),
      FrameOutput())
    segments.add(IndexedSegment(segment: made.segment, index: .memory(made.index)))
    return carriers
  }

  /// Has a segment that is about to be superseded by a sealed one leave its tombstones behind: from the
  /// moment that one has its name, nobody looks into this one any more. Until `endSealing` it is not retired.
  ///
  /// - Returns: `false` when it was retired meanwhile.
  func beginSealing(_ segment: Segment) throws(FileError) -> Bool {
    try lock.withLock { () throws(FileError) in
      guard segments.snapshot().contains(where: { $0.segment === segment }) else { return false }
      sealing.insert(segment.sequence)
      for var carrier in try carryTombstones(of: segment, keepsRequests: true) {
        _ = try remove(&carrier, .tombstones, recycling: false)
      }
      return true
    }
  }

  func endSealing(_ sequence: SegmentSequence) { lock.withLock { _ = sealing.remove(sequence) } }

  /// Drops the tombstones that a search found to hide nothing any more.
  func forgetTombstones() throws(FileError) {
    try lock.withLock { () throws(FileError) in try dropTombstones() }
  }

  /// Drops the tombstones that nothing needs any more, and the files that were there for them alone.
  private func dropTombstones() throws(FileError) {
    let (sealed, logs) = segments.wholeSnapshot()
    let requests = StoredRequests(sealed, logs.map(\.segment))
    let now = directory.platform.now()
    tombstones.drop(ifHidingNothingIn: requests, now: now)
    for indexed in logs where indexed.segment.hasTombstonesAlone {
      var segment = indexed.segment
      let found = segment.summary?.tombstones ?? []
      guard tombstones.needed(of: found, in: requests, now: now).isEmpty else { continue }
      _ = try remove(&segment, .tombstones, recycling: false)
    }
  }
}

extension Segment {
  /// It was made for them, and is no larger than they need.
  var hasTombstonesAlone: Bool {
    guard header.isMadeToMeasure, let summary, damages.isEmpty else { return false }
    return summary.requestCount == 0 && !summary.tombstones.isEmpty
  }
}

extension IndexedSegment {
  /// Bytes of the segment and its index file.
  fileprivate var diskByteCount: UInt64 {
    guard case .file(let file) = index else { return segment.fileByteCount }
    return segment.fileByteCount + file.header.fileByteCount
  }
}
