internal import NIOCore

/// Whether a client moves on, as seen once a second.
struct ConnectionProgress {
  /// Bytes read so far.
  var receivedByteCount: UInt64 = 0
  /// Bytes written so far, taken by the kernel or not.
  var writtenByteCount = 0
  /// The client has sent its last byte, though some may still wait to be looked at.
  var isInputClosed = false
  var isWatched = false
  /// Since when the kernel has taken nothing, as far as looks can tell; counts while something waits for it.
  var takesNothingSince: NIODeadline?
  private var takenByteCount = 0
  private var seenByteCount: UInt64 = 0
  private var stillSince: NIODeadline?
  private var arrearsSeenByteCount: UInt64 = 0
  /// How many bytes a body is behind the rate it has to keep while others wait for memory.
  private(set) var arrearsByteCount = 0

  /// For how long no byte has come, as far as looks can tell.
  mutating func stillness(now: NIODeadline) -> TimeAmount {
    if receivedByteCount != seenByteCount { stillSince = nil }
    seenByteCount = receivedByteCount
    let since = stillSince ?? now
    stillSince = since
    return now - since
  }

  /// Bytes are not the client's to send now, or none are missing.
  mutating func isNotAwaited() {
    stillSince = nil
    arrearsSeenByteCount = receivedByteCount
    arrearsByteCount = 0
  }

  /// Counts what came since the last look against what had to.
  mutating func addArrears(dueByteCount: Int) {
    let cameByteCount = Int(clamping: receivedByteCount &- arrearsSeenByteCount)
    arrearsSeenByteCount = receivedByteCount
    arrearsByteCount = max(0, arrearsByteCount + dueByteCount - cameByteCount)
  }

  /// Whether the kernel has taken some of what was written since the last look, so that the client reads.
  ///
  /// - Parameter bufferedByteCount: what it has not taken.
  mutating func hasTaken(bufferedByteCount: Int, now: NIODeadline) -> Bool {
    let before = takenByteCount
    takenByteCount = writtenByteCount - bufferedByteCount
    guard takenByteCount > before || takesNothingSince == nil else { return false }
    takesNothingSince = now
    return true
  }
}
