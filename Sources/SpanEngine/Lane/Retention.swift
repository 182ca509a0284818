internal import SpanModel
internal import SpanWire
internal import Synchronization
internal import SystemPackage

/// Keeps a store within its bytes: before a file is made, the oldest full ones are retired.
///
/// Retiring has the ledger forget a segment, takes its name, and then takes it out of what readers find; only
/// when that is durable is the file's space anybody's again. One thread at a time does it for all lanes.
final class Retention: @unchecked Sendable {
  private let directory: Directory
  private let options: StoreOptions
  private let segments: SegmentList
  private let ledgers: [UInt32: Ledger]
  private let counters: StoreCounters
  private let report: @Sendable (StoreEvent) -> Void
  private let lock = Lock()
  /// Bytes of files that were made and are not in the list yet. No part of what `lock` guards: lanes give
  /// them back between two frames, while upkeep waits for the disk.
  private let promisedByteCount = Atomic<UInt64>(0)
  /// Temporary names of files of sealed segments that can be used again: one for each lane at the most.
  // SAFETY: only touched under `lock`.
  private var spares: [String] = []

  init(
    directory: Directory, options: StoreOptions, segments: SegmentList, ledgers: [UInt32: Ledger],
    counters: StoreCounters, report: @escaping @Sendable (StoreEvent) -> Void
  ) {
    self.directory = directory
    self.options = options
    self.segments = segments
    self.ledgers = ledgers
    self.counters = counters
    self.report = report
  }

  /// Retires segments until `byteCount` more bytes fit, and counts those as taken until `release`.
  ///
  /// - Parameter recycling: whether a retired file of ordinary size may be used again.
  /// - Returns: the temporary name of one that can be, its old names durably gone.
  func makeRoom(for byteCount: UInt64, recycling: Bool) throws(FileError) -> String? {
    try lock.withLock { () throws(FileError) in
      if recycling, let spare = spares.popLast() {
        counters.recycledFiles.add(1, ordering: .relaxed)
        promisedByteCount.add(byteCount, ordering: .relaxed)
        return spare
      }
      var recycled: String?
      // More than one when the store was opened with a lower limit than before.
      do throws(FileError) {
        while let oldest = sealedToRetire(for: byteCount) { try retire(oldest) }
        while var oldest = segmentToRetire(for: byteCount) {
          let name = try retire(&oldest, recycling: recycling && recycled == nil)
          recycled = recycled ?? name
        }
      } catch {
        if let recycled { discard(recycled) }
        throw error
      }
      promisedByteCount.add(byteCount, ordering: .relaxed)
      return recycled
    }
  }

  /// Counts `byteCount` bytes as taken no longer by themselves: their file is in the list, or was not made.
  func release(_ byteCount: UInt64) { promisedByteCount.subtract(byteCount, ordering: .releasing) }

  /// The oldest full segment, when the store with `byteCount` more is larger than it may be.
  private func segmentToRetire(for byteCount: UInt64) -> Segment? {
    guard isOver(byteCount) else { return nil }
    return segments.snapshot().first { $0.segment.isFull }?.segment
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

  private func retire(_ segment: SealedSegment) throws(FileError) {
    try directory.unlink(segment.name)
    segments.replace([], [segment], with: nil)
    counters.countRetired(segment.footer)
    report(.retired(segment.sequence))
    try directory.sync()
  }

  /// Takes the name of a log segment whose spans are all in a sealed one; keeps its file, if it can be used
  /// again.
  ///
  /// - Parameter segment: the caller's only reference; not in the list any more.
  func retireSuperseded(_ segment: inout Segment) throws(FileError) {
    try lock.withLock { () throws(FileError) in
      let temporaryName = segment.name + FileName.temporarySuffix
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
      guard isKept else { return }
      // Nobody finds it any more: if nobody holds it now, nobody ever will.
      guard isKnownUniquelyReferenced(&segment), try !segment.file.hasOtherNames() else {
        return try directory.unlink(temporaryName)
      }
      spares.append(temporaryName)
    }
  }

  /// Gives the space of unused files free; the store is being closed.
  func discardSpares() throws(FileError) {
    try lock.withLock { () throws(FileError) in
      while let spare = spares.popLast() { try directory.unlinkIfThere(spare) }
    }
  }

  /// - Parameter segment: the caller's only reference, so that it can be told whether a reader has another.
  private func retire(_ segment: inout Segment, recycling: Bool) throws(FileError) -> String? {
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
    counters.countRetired(summary)
    report(.retired(segment.sequence))
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
    guard !segment.header.isMadeToMeasure, segment.fileByteCount == UInt64(options.segmentByteCount) else {
      return false
    }
    let isWhole = try segment.file.byteCount() == segment.fileByteCount
    return try isWhole ? !segment.file.hasOtherNames() : false
  }
}

extension IndexedSegment {
  /// Bytes of the segment and its index file.
  fileprivate var diskByteCount: UInt64 {
    guard case .file(let file) = index else { return segment.fileByteCount }
    return segment.fileByteCount + file.header.fileByteCount
  }
}
