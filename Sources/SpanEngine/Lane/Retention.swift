internal import SpanModel
internal import SpanWire
internal import Synchronization
internal import SystemPackage

/// Keeps a store within its bytes: before a file is made, the oldest full ones are retired.
///
/// Retiring takes a segment out of what readers find, has the ledger forget it, and removes its names; only
/// when that is durable is the file's space anybody's again. One thread at a time does it for all lanes.
final class Retention: @unchecked Sendable {
  private let directory: Directory
  private let options: StoreOptions
  private let segments: SegmentList
  private let ledgers: [UInt32: Ledger]
  private let counters: StoreCounters
  private let report: @Sendable (StoreEvent) -> Void
  private let lock = Lock()
  // SAFETY: only touched under `lock`. Bytes of files that were made and are not in the list yet.
  private var promisedByteCount: UInt64 = 0

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
      var recycled: String?
      // More than one when the store was opened with a lower limit than before.
      while var oldest = segmentToRetire(for: byteCount) {
        let name = try retire(&oldest, recycling: recycling && recycled == nil)
        recycled = recycled ?? name
      }
      promisedByteCount += byteCount
      return recycled
    }
  }

  /// Counts `byteCount` bytes as taken no longer by themselves: their file is in the list, or was not made.
  func release(_ byteCount: UInt64) { lock.withLock { promisedByteCount -= byteCount } }

  /// The oldest full segment, when the store with `byteCount` more is larger than it may be.
  private func segmentToRetire(for byteCount: UInt64) -> Segment? {
    guard let retainByteCount = options.retainByteCount else { return nil }
    let snapshot = segments.snapshot()
    let held = snapshot.reduce(promisedByteCount) { $0 + $1.diskByteCount }
    guard held + byteCount > retainByteCount else { return nil }
    return snapshot.first { $0.segment.isFull }?.segment
  }

  /// - Parameter segment: the caller's only reference, so that it can be told whether a reader has another.
  private func retire(_ segment: inout Segment, recycling: Bool) throws(FileError) -> String? {
    let name = segment.name
    let header = segment.header
    try ledgers[header.lane]?.forget(segment.sequence)
    segments.remove(segment)
    counters.retiredSegments.add(1, ordering: .relaxed)
    report(.retired(segment.sequence))
    try unlinkIfThere(FileName.index(lane: header.lane, header.sequence))
    var recycled: String?
    // Nobody finds it any more: if nobody holds it now, nobody ever will.
    if recycling, isKnownUniquelyReferenced(&segment), try canBeUsedAgain(segment) {
      let temporaryName = name + FileName.temporarySuffix
      try directory.rename(name, to: temporaryName)
      recycled = temporaryName
      counters.recycledFiles.add(1, ordering: .relaxed)
    } else {
      try directory.unlink(name)
    }
    // Before this a crash may bring the file back under its name, with all that was in it.
    try directory.sync()
    return recycled
  }

  private func canBeUsedAgain(_ segment: Segment) throws(FileError) -> Bool {
    guard !segment.header.isMadeToMeasure, segment.fileByteCount == UInt64(options.segmentByteCount) else {
      return false
    }
    let isWhole = try segment.file.byteCount() == segment.fileByteCount
    return try isWhole ? !segment.file.hasOtherNames() : false
  }

  private func unlinkIfThere(_ name: String) throws(FileError) {
    do { try directory.unlink(name) } catch {
      if error.errno != .noSuchFileOrDirectory { throw error }
    }
  }
}

extension IndexedSegment {
  /// Bytes of the segment and its index file.
  fileprivate var diskByteCount: UInt64 {
    guard case .file(let file) = index else { return segment.fileByteCount }
    return segment.fileByteCount + file.header.fileByteCount
  }
}
