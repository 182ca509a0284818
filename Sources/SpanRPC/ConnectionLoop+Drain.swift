internal import NIOCore

extension ConnectionLoop {
  /// Drains every connection; closes those that are left after `limit`.
  func drain(within limit: Duration) async {
    let promise = eventLoop.makePromise(of: Void.self)
    eventLoop.execute { self.startDraining(within: limit, promise) }
    // The promise only ever succeeds.
    try? await promise.futureResult.get()
  }

  private func startDraining(within limit: Duration, _ promise: EventLoopPromise<Void>) {
    isDraining = true
    drained = promise
    for connection in Array(connections.values) { connection.drain() }
    flush()
    guard !connections.isEmpty else { return finishDraining() }
    let eventLoop = self.eventLoop.assumeIsolated()
    drainTimeout = eventLoop.scheduleTask(in: TimeAmount(limit)) {
      for connection in Array(self.connections.values) { connection.abort() }
      self.finishDraining()
    }
  }

  /// Tells whoever drains, once the last connection is gone.
  func finishDraining() {
    drainTimeout?.cancel()
    drained?.succeed()
    drained = nil
  }
}
