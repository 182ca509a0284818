internal import SpanModel
internal import SpanWire

/// Makes the index of a segment again whose index file turned out to be damaged: the segment has all that is
/// needed.
final class IndexRepair: @unchecked Sendable {
  // SAFETY: only `failures` changes, under its lock: see below.

  private let hashKey: HashKey
  private let segments: SegmentList
  private let report: @Sendable (StoreEvent) -> Void
  /// One at a time: each reads a whole segment.
  // SAFETY: guards nothing but that.
  private let lock = Lock()
  private let failureLock = Lock()
  // SAFETY: only touched under `failureLock`. Segments that are damaged too, each with the first damage.
  private var failures: [SegmentSequence: Damage] = [:]

  init(
    hashKey: HashKey, segments: SegmentList, report: @escaping @Sendable (StoreEvent) -> Void
  ) {
    self.hashKey = hashKey
    self.segments = segments
    self.report = report
  }

  /// An index made from the segment, which from now on is the one that is used.
  ///
  /// - Throws: `.corrupt` when the segment is damaged too, so that some of its traces cannot be found.
  func index(of segment: Segment, damagedFile: IndexFile) throws(StoreError) -> TraceIndex {
    try throwKnownFailure(segment)
    return try lock.withLock { () throws(StoreError) in
      // Somebody else may have done it meanwhile.
      try throwKnownFailure(segment)
      if case .memory(let index)? = segments.index(of: segment) { return index }
      let recovery: SegmentRecovery
      do throws(FileError) { recovery = try read(segment, damagedFile.header.summary) } catch {
        throw .file(error)
      }
      if let damage = recovery.damages.first(where: { $0.extent != .nothing }) {
        // But for what the device may read another time.
        if !recovery.damages.contains(where: { $0.reason == FileError.unreadableReason }) {
          failureLock.withLock { failures[segment.sequence] = damage }
        }
        throw .corrupt(damage)
      }
      report(.indexRebuilt(file: damagedFile.name))
      let index = recovery.index()
      segments.setIndex(of: segment, to: .memory(index))
      return index
    }
  }

  /// What is damaged stays so: nobody need read the segment, nor wait while another is read, to be told
  /// again.
  private func throwKnownFailure(_ segment: Segment) throws(StoreError) {
    if let damage = failureLock.withLock({ failures[segment.sequence] }) { throw .corrupt(damage) }
  }

  private func read(_ segment: Segment, _ summary: IndexHeader.Summary) throws(FileError) -> SegmentRecovery {
    var evidence = DurableEvidence()
    // All up to there was durable before the index file was begun.
    evidence.tail = RecoveredTail(
      segment: segment.sequence, end: summary.end, frameChecksum: summary.lastChecksum)
    var recovery = SegmentRecovery(hashKey: hashKey)
    try recovery.run(try FrameScan(SegmentFile(segment)), evidence) { (_) throws(FileError) in }
    return recovery
  }
}
