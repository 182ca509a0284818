internal import SpanModel
internal import SpanWire

/// Files that could be neither finished nor removed.
///
/// Every later file remembers them as ending where they begin, until they can be removed: otherwise recovery
/// would take them for files that lost their frames, since the lane went on without them. Every one, because
/// the first that remembers such a file may be retired before it is gone.
final class AbandonedFiles: @unchecked Sendable {
  struct Abandoned {
    let names: [String]
    let sequence: SegmentSequence
  }

  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var files: [Abandoned] = []

  func add(_ file: Abandoned) { lock.withLock { files.append(file) } }

  /// What the next file is to remember, once those are left out that `remove` removes now.
  func tails(removing remove: ([String]) -> Bool) -> [RecoveredTail] {
    lock.withLock {
      files.removeAll { remove($0.names) }
      return files.map {
        RecoveredTail(segment: $0.sequence, end: UInt64(SegmentHeader.pageByteCount), frameChecksum: 0)
      }
    }
  }
}
