internal import SpanModel
internal import SpanWire

/// Has full log segments sealed, oldest first, and takes their place in what readers find.
///
/// Bound to no thread: a server has a thread step it, a test steps it itself. One at a time.
final class Roller: @unchecked Sendable {
  private let sealer: Sealer
  private let segments: SegmentList
  private let retention: Retention
  private let report: @Sendable (StoreEvent) -> Void
  // SAFETY: only whoever steps it touches the two below.
  /// Full segments that stay as they are, because something in them is damaged.
  private var kept: Set<SegmentSequence> = []
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

  /// Seals the oldest full segment.
  ///
  /// - Returns: `false` when there is none.
  /// - Throws: what kept it from being sealed; it is there as before.
  func sealNext() throws(FileError) -> Bool {
    guard var segment = next else { return false }
    do throws(FileError) {
      guard try retention.beginSealing(segment) else { return true }
      defer { retention.endSealing() }
      if segment.summary?.requestCount == 0 {
        // Nothing of it is left to be sealed.
        segments.remove(segment)
        try retention.retireSuperseded(&segment, by: nil)
        lastFailure = nil
        return true
      }
      switch try sealer.seal(segment) {
      case .sealed(let sealed):
        segments.replace([segment], with: sealed)
        report(.sealed(segment.sequence, sealed.sequence))
        try retention.retireSuperseded(&segment, by: sealed)
      case .damaged:
        kept.insert(segment.sequence)
        report(.keptUnsealed(file: segment.name))
      }
      lastFailure = nil
    } catch {
      if lastFailure != error { report(.notSealed(error)) }
      lastFailure = error
      throw error
    }
    return true
  }

  private var next: Segment? {
    segments.snapshot().first { Self.isSealable($0.segment) && !kept.contains($0.segment.sequence) }?.segment
  }

  static func isSealable(_ segment: Segment) -> Bool {
    segment.isFull && segment.damages.isEmpty && !segment.hasTombstonesAlone
  }
}
