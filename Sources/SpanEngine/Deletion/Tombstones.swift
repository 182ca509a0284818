package import SpanModel
package import SpanWire

/// The tombstones in force at one moment: which spans are hidden. A value, cheap to copy.
package struct Tombstones: Sendable {
  private let key: HashKey
  /// The newest of each trace, which hides all that older ones do.
  private var newest: [TraceDigest: NotedTombstone] = [:]
  /// Of the one that came in force last.
  private(set) var lastOrdinal: UInt64 = 0

  package init(key: HashKey) { self.key = key }

  package var count: Int { newest.count }

  /// Those in force, by sequence.
  package var inForce: [Tombstone] { noted.map(\.tombstone).sorted { $0.sequence < $1.sequence } }

  /// The same, in no order, and what this process knows of them besides.
  var noted: some Collection<NotedTombstone> { newest.values }

  /// The sequence below which all spans of the trace are hidden; zero, below which there is nothing, when
  /// none are.
  package func hiddenEnd(of traceID: TraceID, tenant: UInt32 = 0) -> RecordSequence {
    // Nobody should pay for the hash of an id who never deletes.
    if newest.isEmpty { return RecordSequence(0) }
    return hiddenEnd(of: TraceDigest(of: traceID, tenant: tenant, key: key))
  }

  package func hiddenEnd(of trace: TraceDigest) -> RecordSequence {
    newest[trace]?.tombstone.sequence ?? RecordSequence(0)
  }

  /// Whether the trace's spans in the record with this sequence are hidden.
  package func hides(_ traceID: TraceID, tenant: UInt32 = 0, in record: RecordSequence) -> Bool {
    record < hiddenEnd(of: traceID, tenant: tenant)
  }

  /// What is known of this very tombstone, if it is in force: none of a higher sequence hides all that it
  /// hides.
  func noted(_ tombstone: Tombstone) -> NotedTombstone? {
    guard let noted = newest[tombstone.trace], noted.tombstone.sequence == tombstone.sequence else {
      return nil
    }
    return noted
  }

  /// Puts one in force, unless a newer one of its trace is.
  ///
  /// - Parameter hash: of the trace's id, as indexes have it, if it is known.
  /// - Returns: the sequence below which the trace's spans were hidden before, however the two came in.
  mutating func add(_ tombstone: Tombstone, hash: UInt64? = nil) -> RecordSequence {
    let before = newest[tombstone.trace]?.tombstone.sequence
    if before ?? RecordSequence(0) < tombstone.sequence {
      lastOrdinal += 1
      newest[tombstone.trace] = NotedTombstone(tombstone: tombstone, ordinal: lastOrdinal, hash: hash)
    }
    return before.map { min($0, tombstone.sequence) } ?? RecordSequence(0)
  }

  /// Drops those that hide nothing any more, when these are all the requests there are, and hold nothing
  /// back.
  mutating func drop(ifHidingNothingIn requests: StoredRequests, now: Timestamp) {
    let over = newest.filter { $0.value.isOver(in: requests, now: now) }
    for trace in over.keys { newest[trace] = nil }
  }
}

/// A tombstone that is in force, and what the process knows of it that the file does not tell.
struct NotedTombstone: Sendable {
  let tombstone: Tombstone
  /// Above those of all that came in force before, whatever their sequences.
  let ordinal: UInt64
  /// Of the trace's id, as indexes and filters have it; `nil` when it was found in a file.
  let hash: UInt64?

  /// Whether nothing needs it: it hides nothing in these, and its hold is over.
  func isOver(in requests: StoredRequests, now: Timestamp) -> Bool {
    tombstone.heldUntil <= now && !requests.mayHaveSpans(hiddenBy: self)
  }
}
