internal import SpanModel
internal import SpanWire

/// Files that could be neither finished nor removed. The next file remembers them as ending where they begin:
/// otherwise recovery would take them for files that lost their frames, since the lane went on without them.
final class AbandonedFiles: @unchecked Sendable {
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var sequences: [SegmentSequence] = []

  func add(_ sequence: SegmentSequence) { lock.withLock { sequences.append(sequence) } }

  /// What the next file is to remember; given back with `add` when it cannot be made either.
  func take() -> [SegmentSequence] {
    lock.withLock {
      defer { sequences = [] }
      return sequences
    }
  }

  static func tails(_ sequences: [SegmentSequence]) -> [RecoveredTail] {
    sequences.map { RecoveredTail(segment: $0, end: UInt64(SegmentHeader.pageByteCount), frameChecksum: 0) }
  }
}
