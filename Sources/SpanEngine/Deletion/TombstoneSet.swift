internal import SpanModel
internal import SpanWire

/// The tombstones of an open store.
///
/// Whoever reads takes them first and the segments after that: one is dropped only when what it hid is in no
/// segment any more, so who finds it dropped does not find the spans either.
final class TombstoneSet: @unchecked Sendable {
  let key: HashKey
  let holds: TraceHolds
  /// Whether one may go once no request below it is found: not when there are files that cannot be read.
  private let mayDrop: Bool
  private let lock = Lock()
  // SAFETY: only touched under `lock`; readers take a copy, which no one changes.
  private var tombstones: Tombstones

  init(_ found: [Tombstone], key: HashKey, mayDrop: Bool) {
    self.key = key
    self.mayDrop = mayDrop
    holds = TraceHolds(found, key: key)
    tombstones = Tombstones(key: key)
    for tombstone in found { _ = tombstones.add(tombstone) }
  }

  func snapshot() -> Tombstones { lock.withLock { tombstones } }

  /// Puts a tombstone in force, for whoever begins to read from now on.
  ///
  /// - Returns: the sequence below which the trace's spans were hidden already.
  func add(_ tombstone: Tombstone) -> RecordSequence { lock.withLock { tombstones.add(tombstone) } }

  /// Drops those that nothing needs any more, there being no request below `end`.
  func drop(below end: RecordSequence, now: Timestamp) {
    guard mayDrop else { return }
    lock.withLock { tombstones.drop(below: end, now: now) }
  }

  /// Those of `found` that must not get lost, there being no request below `end`.
  func needed(of found: [Tombstone], below end: RecordSequence, now: Timestamp) -> [Tombstone] {
    let end = mayDrop ? end : RecordSequence(0)
    let inForce = snapshot()
    return found.filter { inForce.contains($0) && !$0.isOver(below: end, now: now) }
  }
}

extension RecordSequence {
  /// No request in any of these has a lower one. A tombstone that is not above it hides nothing.
  static func start(ofRequestsIn sealed: [SealedSegment], _ segments: [Segment]) -> RecordSequence {
    let starts = sealed.map(\.footer.firstRecord) + segments.map(\.requestSequenceStart)
    return starts.min() ?? Segment.noRequestSequence
  }
}
