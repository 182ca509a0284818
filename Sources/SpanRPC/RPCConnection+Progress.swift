internal import NIOCore
internal import SpanNet
internal import SpanWire

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
    checkReading(now: now)
    guard context != nil else { return false }
    let isAwaiting = state.isAwaitingBytes
    if !isAwaiting {
      progress.isNotAwaited()
    } else if progress.stillness(now: now) >= TimeAmount(door.limits.bodyStallMax) {
      endStalled()
    } else {
      checkArrears()
    }
    for stream in streams.values where stream.hasStalled(now: now, after: door.limits.streamStallMax) {
      endStalled(stream)
    }
    loop.flush()
    return isAwaiting || awaitsReader || streams.values.contains { $0.waitingSince != nil }
  }

  /// Whether it waits for the client to read.
  private var awaitsReader: Bool { !state.isWritable || isOutputClosed && !isOutputWritten }

  private func checkReading(now: NIODeadline) {
    guard awaitsReader, let context else { return }
    // It fails when the socket is closed, which is told otherwise.
    let bufferedByteCount = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    if progress.hasTaken(bufferedByteCount: bufferedByteCount, now: now) {
      for stream in streams.values where stream.credit > 0 { stream.clientReads(now: now) }
    } else if let since = progress.takesNothingSince, now - since >= TimeAmount(door.limits.streamStallMax) {
      // Nothing can be said to a client that does not read.
      abort()
    }
  }

  /// Takes back the memory of a body that comes slowly while others wait for some.
  private func checkArrears() {
    let limits = door.limits
    let isHeldFromOthers = heldByteCount > 0 && door.budget.isAwaited
    progress.addArrears(dueByteCount: isHeldFromOthers ? limits.contendedByteCountPerSecond : 0)
    let secondCountMax = Int(limits.contendedArrearsMax / .seconds(1))
    guard progress.arrearsByteCount >= secondCountMax * limits.contendedByteCountPerSecond else { return }
    dropBody()
    guard let header = state.throwAwayBody() else { return }
    fail(
      header.requestID,
      RPCStatus(
        .resourceExhausted,
        "the request came slower than \(limits.contendedByteCountPerSecond) bytes a second while others "
          + "waited for memory; send it again later",
        retryDelayMilliseconds: limits.retryDelay.milliseconds))
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
