internal import NIOCore
internal import SpanNet
internal import SpanWire

/// Whether a client moves on, as seen once a second.
struct ConnectionProgress {
  /// Bytes read so far.
  var receivedByteCount: UInt64 = 0
  /// The client has sent its last byte, though some may still wait to be looked at.
  var isInputClosed = false
  var isWatched = false
  /// Since when the kernel has taken nothing more.
  var unwritableSince: NIODeadline?
  private var seenByteCount: UInt64 = 0
  private var stillSince: NIODeadline?

  /// For how long no byte has come, as far as looks can tell.
  mutating func stillness(now: NIODeadline) -> TimeAmount {
    if receivedByteCount != seenByteCount { stillSince = nil }
    seenByteCount = receivedByteCount
    let since = stillSince ?? now
    stillSince = since
    return now - since
  }

  /// Bytes are not the client's to send now, or none are missing.
  mutating func isNotAwaited() { stillSince = nil }
}

extension RPCConnection {
  /// Has the connection looked at from now on, until it waits for nothing.
  func startWatching() {
    guard !progress.isWatched else { return }
    progress.isWatched = true
    loop.watch.add(self)
  }

  /// Ends what has waited too long for the client.
  ///
  /// - Returns: whether to look again.
  func checkProgress(now: NIODeadline) -> Bool {
    progress.isWatched = context != nil && isWaiting(now: now)
    return progress.isWatched
  }

  private func isWaiting(now: NIODeadline) -> Bool {
    checkWritability(now: now)
    let isAwaiting = state.isAwaitingBytes
    if !isAwaiting {
      progress.isNotAwaited()
    } else if progress.stillness(now: now) >= TimeAmount(door.limits.bodyStallMax) {
      endStalled()
    }
    for stream in streams.values where stream.hasStalled(now: now, after: door.limits.streamStallMax) {
      endStalled(stream)
    }
    loop.flush()
    return isAwaiting || !state.isWritable || streams.values.contains { $0.waitingSince != nil }
  }

  private func checkWritability(now: NIODeadline) {
    guard !state.isWritable, let since = progress.unwritableSince else { return }
    // Nothing can be said to a client that does not read.
    if now - since >= TimeAmount(door.limits.streamStallMax) { context?.close(promise: nil) }
  }

  private func endStalled() {
    dropBody()
    let requestID = state.endStalled()
    fail(
      requestID,
      RPCStatus(
        .deadlineExceeded,
        "the rest of a frame did not come within \(door.limits.bodyStallMax); the connection is closed"))
    endStreams()
  }
}
