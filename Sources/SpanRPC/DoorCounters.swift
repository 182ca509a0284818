internal import Synchronization

/// A number that only grows, counted by all event loops.
struct Counter: ~Copyable, Sendable {
  private let value = Atomic<UInt64>(0)

  var count: UInt64 { value.load(ordering: .relaxed) }

  func add(_ count: Int = 1) { value.add(UInt64(count), ordering: .relaxed) }
}

/// What went through the door, over all its connections and event loops.
final class DoorCounters: Sendable {
  let receivedRequests = Counter()
  let failedRequests = Counter()
  let receivedBytes = Counter()
  let sentBytes = Counter()
  private let openStreams = Atomic<Int>(0)

  var openStreamCount: Int { openStreams.load(ordering: .relaxed) }

  /// Counts one more stream.
  ///
  /// - Returns: `false` when there are `countMax` of them; nothing is to be taken back then.
  func takeStream(atMost countMax: Int) -> Bool {
    let (_, now) = openStreams.add(1, ordering: .relaxed)
    if now <= countMax { return true }
    openStreams.subtract(1, ordering: .relaxed)
    return false
  }

  func giveBackStream() { openStreams.subtract(1, ordering: .relaxed) }
}
