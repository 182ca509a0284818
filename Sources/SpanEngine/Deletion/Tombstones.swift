package import SpanModel
package import SpanWire

/// The tombstones in force at one moment: which spans are hidden. A value, cheap to copy.
package struct Tombstones: Sendable {
  private let key: HashKey
  /// The newest of each trace, which hides all that older ones do.
  private var newest: [TraceDigest: Tombstone] = [:]

  package init(key: HashKey) { self.key = key }

  package var count: Int { newest.count }

  /// Those in force, by sequence.
  package var inForce: [Tombstone] { newest.values.sorted { $0.sequence < $1.sequence } }

  /// The sequence below which all spans of the trace are hidden; zero, below which there is nothing, when
  /// none are.
  package func hiddenEnd(of traceID: TraceID, tenant: UInt32 = 0) -> RecordSequence {
    // Nobody should pay for the hash of an id who never deletes.
    if newest.isEmpty { return RecordSequence(0) }
    return hiddenEnd(of: TraceDigest(of: traceID, tenant: tenant, key: key))
  }

  package func hiddenEnd(of trace: TraceDigest) -> RecordSequence {
    newest[trace]?.sequence ?? RecordSequence(0)
  }

  /// Whether the trace's spans in the record with this sequence are hidden.
  package func hides(_ traceID: TraceID, tenant: UInt32 = 0, in record: RecordSequence) -> Bool {
    record < hiddenEnd(of: traceID, tenant: tenant)
  }

  /// Whether this very tombstone is in force: none of a higher sequence hides all that it hides.
  func contains(_ tombstone: Tombstone) -> Bool { newest[tombstone.trace]?.sequence == tombstone.sequence }

  func tombstone(of trace: TraceDigest) -> Tombstone? { newest[trace] }

  /// Puts one in force, unless a newer one of its trace is.
  ///
  /// - Returns: the sequence below which the trace's spans were hidden before, however the two came in.
  mutating func add(_ tombstone: Tombstone) -> RecordSequence {
    guard let before = newest[tombstone.trace] else {
      newest[tombstone.trace] = tombstone
      return RecordSequence(0)
    }
    if before.sequence < tombstone.sequence { newest[tombstone.trace] = tombstone }
    return min(before.sequence, tombstone.sequence)
  }

  /// Drops those that hide nothing any more, when these are all the requests there are, and hold nothing
  /// back.
  mutating func drop(ifHidingNothingIn requests: StoredRequests, now: Timestamp) {
    let over = newest.filter { $0.value.isOver(in: requests, now: now) }
    for trace in over.keys { newest[trace] = nil }
  }
}

extension Tombstone {
  /// Whether nothing needs it: it hides nothing in these, and its hold is over.
  func isOver(in requests: StoredRequests, now: Timestamp) -> Bool {
    heldUntil <= now && !requests.mayHaveSpans(hiddenBy: self)
  }
}
