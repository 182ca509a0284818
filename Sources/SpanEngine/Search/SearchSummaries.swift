internal import SpanModel
internal import SpanWire

/// Summaries of the log segments that were searched last, within a bound.
final class SearchSummaries: @unchecked Sendable {
  private struct Held {
    let summary: SegmentSummary
    var byteCount = 0
    var lastUse: UInt64 = 0
  }

  private let byteCountMax: Int
  private let lock = Lock()
  // SAFETY: the two below are only touched under `lock`.
  private var held: [SegmentSequence: Held] = [:]
  private var clock: UInt64 = 0

  /// - Parameter byteCount: of all together; one is held in any case.
  init(byteCount: Int) { byteCountMax = byteCount }

  /// Lets go of all segments but these.
  func keep(only segments: Set<SegmentSequence>) {
    lock.withLock { held = held.filter { segments.contains($0.key) } }
  }

  func summary(of segment: Segment, _ hash: TagHash) throws(StoreError) -> (
    pieces: [SummaryPiece], damage: StoreError?
  ) {
    let summary = lock.withLock {
      clock += 1
      let found = held[segment.sequence] ?? Held(summary: SegmentSummary(segment, hash))
      held[segment.sequence] = found
      held[segment.sequence]?.lastUse = clock
      return found.summary
    }
    let current = try summary.current()
    lock.withLock {
      held[segment.sequence]?.byteCount = current.byteCount
      while held.count > 1, held.values.reduce(0, { $0 + $1.byteCount }) > byteCountMax { removeOldest() }
    }
    return (current.pieces, current.damage)
  }

  private func removeOldest() {
    guard let oldest = held.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
    held[oldest.key] = nil
  }
}
