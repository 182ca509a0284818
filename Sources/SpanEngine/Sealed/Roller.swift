internal import SpanModel
internal import SpanWire

/// Has full log segments sealed, oldest first, and takes their place in what readers find.
///
/// Bound to no thread: a server has threads step it, a test steps it itself.
final class Roller: @unchecked Sendable {
  private let sealer: Sealer
  private let segments: SegmentList
  private let retention: Retention
  private let report: @Sendable (StoreEvent) -> Void
  private let lock = Lock()
  // SAFETY: the three below are only touched under `lock`.
  /// Those that somebody is at.
  private var taken: Set<SegmentSequence> = []
  /// What failed and could not be taken back yet, by log segment: until it is, that one stays.
  private var undone: [SegmentSequence: SealCommit] = [:]
  private var lastFailure: FileError?

  init(
    _ sealer: Sealer, _ segments: SegmentList, _ retention: Retention,
    report: @escaping @Sendable (StoreEvent) -> Void
  ) {
    self.sealer = sealer
    self.segments = segments
    self.retention = retention
    self.report = report
  }

  /// What a thread needs for `sealNext`.
  func makeMemory() -> SealMemory { sealer.makeMemory() }

  /// Seals the oldest full segment that nobody else is at.
  ///
  /// - Parameter memory: the caller's own, in which the segment is read.
  /// - Returns: `false` when there is none.
  /// - Throws: what kept it from being sealed; it is there as before.
  func sealNext(in memory: SealMemory) throws(FileError) -> Bool {
    guard var segment = takeNext() else { return false }
    let sequence = segment.sequence
    defer { lock.withLock { _ = taken.remove(sequence) } }
    do throws(FileError) {
      defer { if lock.withLock({ undone[sequence] == nil }) { retention.endSealing(sequence) } }
      try takeBack(sequence)
      guard try retention.beginSealing(segment) else { return true }
      if segment.summary?.requestCount == 0 {
        // Nothing of it is left to be sealed.
        segments.remove(segment)
        try retention.retireSuperseded(&segment, by: [])
        lock.withLock { lastFailure = nil }
        return true
      }
      switch try seal(segment, in: memory) {
      case .sealed(let sealed):
        segments.replace([segment], with: sealed)
        report(.sealed(segment.sequence, sealed.map(\.sequence)))
        try retention.retireSuperseded(&segment, by: sealed)
      case .damaged:
        segment.markUnsealable()
        report(.keptUnsealed(file: segment.name))
      }
      lock.withLock { lastFailure = nil }
    } catch {
      let isNew = lock.withLock {
        defer { lastFailure = error }
        return lastFailure != error
      }
      if isNew { report(.notSealed(error)) }
      throw error
    }
    return true
  }

  private func seal(_ segment: Segment, in memory: SealMemory) throws(FileError) -> Sealer.Outcome {
    do throws(Sealer.Failure) { return try sealer.seal(segment, in: memory) } catch {
      lock.withLock { undone[segment.sequence] = error.undone }
      throw error.cause
    }
  }

  /// Whoever opened the store now would find what an earlier try left, and take it for done.
  private func takeBack(_ sequence: SegmentSequence) throws(FileError) {
    guard let commit = lock.withLock({ undone[sequence] }) else { return }
    try commit.withdraw()
    lock.withLock { undone[sequence] = nil }
  }

  private func takeNext() -> Segment? {
    lock.withLock {
      let taken = taken
      let next = segments.snapshot().first {
        Self.isSealable($0.segment) && !taken.contains($0.segment.sequence)
      }
      if let next { self.taken.insert(next.segment.sequence) }
      return next?.segment
    }
  }

  static func isSealable(_ segment: Segment) -> Bool {
    segment.isFull && segment.damages.isEmpty && !segment.isUnsealable && !segment.hasTombstonesAlone
  }
}
