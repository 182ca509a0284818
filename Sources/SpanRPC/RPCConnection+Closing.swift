internal import NIOCore
internal import SpanNet
internal import SpanWire

extension RPCConnection {
  /// Refuses new requests, and closes when those in flight are answered.
  func drain() {
    state.drain()
    endMaintenances(
      RPCStatus(
        .unavailable, "the server is shutting down; what was done until now is done",
        retryDelayMilliseconds: door.limits.retryDelay.milliseconds))
    resume()
  }

  /// Says that nothing more comes once all answers have left, and reads on for a while: a socket closed with
  /// bytes unread would take the last answers back.
  ///
  /// The output is closed only when the kernel has all of it: when the client has closed its side before, NIO
  /// closes the whole socket instead, and forgets what it has not yet written.
  func close() {
    guard let context, !isOutputClosed else { return readIfWanted() }
    flush()
    isOutputClosed = true
    state.endOutput()
    dropPending()
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in self.outputWritten() }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
    if !isOutputWritten {
      progress.takesNothingSince = loop.eventLoop.now
      startWatching()
    }
    readIfWanted()
  }

  private func outputWritten() {
    isOutputWritten = true
    if progress.isInputClosed { return abort() }
    context?.close(mode: .output, promise: nil)
    lingering = context?.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(door.limits.lingerMax)) {
      self.abort()
    }
  }

  /// Closes at once.
  func abort() { context?.close(promise: nil) }
}
