internal import SpanModel
internal import SpanWire
internal import Synchronization

/// Traces whose later spans are refused for some time after their deletion.
///
/// A request is held against them when it is prepared, and once more by its lane when its record has its
/// sequence, should a hold have begun in between: a hold begins before its tombstone takes a sequence, so no
/// request with a higher one can miss it, whatever lane it goes through.
final class TraceHolds: @unchecked Sendable {
  private let key: HashKey
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var ends: [TraceDigest: Timestamp] = [:]
  /// None of them ends before: a request should not have to look at all of them.
  private var earliestEnd = Timestamp(nanoseconds: .max)
  /// Raised when a hold begins; zero while there never was one.
  private let versionCounter = Atomic<UInt64>(0)

  init(_ found: [Tombstone], key: HashKey) {
    self.key = key
    for tombstone in found { begin(tombstone.trace, until: tombstone.heldUntil) }
  }

  /// What changes when a hold begins. Zero: there is nothing to ask.
  var version: UInt64 { versionCounter.load(ordering: .acquiring) }

  /// Refuses the trace's spans from now on; a hold that is longer already stays.
  func begin(_ trace: TraceDigest, until end: Timestamp) {
    guard end.nanoseconds > 0 else { return }
    lock.withLock {
      ends[trace] = max(end, ends[trace] ?? end)
      earliestEnd = min(earliestEnd, end)
    }
    versionCounter.add(1, ordering: .releasing)
  }

  /// The end of a hold that begins at `now`, or of a longer one that there is; zero when there is none.
  func end(of trace: TraceDigest, from now: Timestamp, for duration: Duration) -> Timestamp {
    // No more than 292 years: what has no end.
    let nanoseconds = UInt64(max(0, min(duration / .nanoseconds(1), 0x1p63)))
    let (sum, overflows) = now.nanoseconds.addingReportingOverflow(nanoseconds)
    let new = Timestamp(nanoseconds: nanoseconds == 0 ? 0 : overflows ? .max : sum)
    let known = lock.withLock { ends[trace] } ?? new
    return known > now ? max(known, new) : new
  }

  /// Whether any trace at all is held.
  func holdsSome(now: Timestamp) -> Bool {
    lock.withLock {
      dropEnded(now)
      return !ends.isEmpty
    }
  }

  /// Whether any of the traces is held.
  func holdsAny(_ traceIDs: some Sequence<TraceID>, tenant: UInt32, now: Timestamp) -> Bool {
    lock.withLock {
      dropEnded(now)
      return traceIDs.contains { ends[TraceDigest(of: $0, tenant: tenant, key: key)] != nil }
    }
  }

  /// Those of the traces that are held.
  func held(of traceIDs: some Sequence<TraceID>, tenant: UInt32, now: Timestamp) -> Set<TraceID> {
    lock.withLock {
      dropEnded(now)
      return Set(traceIDs.filter { ends[TraceDigest(of: $0, tenant: tenant, key: key)] != nil })
    }
  }

  private func dropEnded(_ now: Timestamp) {
    guard earliestEnd <= now else { return }
    ends = ends.filter { $0.value > now }
    earliestEnd = ends.values.min() ?? Timestamp(nanoseconds: .max)
  }
}
