internal import SpanModel
internal import SpanWire
internal import Synchronization

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
  private let newest = Atomic<UInt64>(0)

  init(_ found: [Tombstone], key: HashKey, mayDrop: Bool) {
    self.key = key
    self.mayDrop = mayDrop
    holds = TraceHolds(found, key: key)
    tombstones = Tombstones(key: key)
    for tombstone in found {
      _ = tombstones.add(tombstone)
      newest.max(tombstone.sequence.rawValue, ordering: .relaxed)
    }
  }

  func snapshot() -> Tombstones { lock.withLock { tombstones } }

  /// The highest sequence that a tombstone of this process ever had, in force or not.
  var newestSequence: RecordSequence { RecordSequence(newest.load(ordering: .acquiring)) }

  /// Puts a tombstone in force, for whoever begins to read from now on.
  ///
  /// - Parameter hash: of the trace's id, as indexes have it.
  /// - Returns: the sequence below which the trace's spans were hidden already.
  func add(_ tombstone: Tombstone, hash: UInt64?) -> RecordSequence {
    newest.max(tombstone.sequence.rawValue, ordering: .releasing)
    return lock.withLock { tombstones.add(tombstone, hash: hash) }
  }

  /// Drops those that nothing needs any more, when these are all the requests there are.
  func drop(ifHidingNothingIn requests: StoredRequests, now: Timestamp) {
    guard mayDrop else { return }
    lock.withLock { tombstones.drop(ifHidingNothingIn: requests, now: now) }
  }

  /// Those of `found` that must not get lost, when these are all the requests there are.
  func needed(of found: [Tombstone], in requests: StoredRequests, now: Timestamp) -> [Tombstone] {
    let inForce = snapshot()
    return found.filter { tombstone in
      guard let noted = inForce.noted(tombstone) else { return false }
      return !(mayDrop && noted.isOver(in: requests, now: now))
    }
  }
}
