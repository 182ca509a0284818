internal import NIOCore

/// Looks once a second after those connections of an event loop that wait for their client in the middle
/// of something. Without any there is no timer, so that an idle connection costs nothing.
///
/// Time is the event loop's, which tests turn by hand.
final class StallWatch {
  static let interval = TimeAmount.seconds(1)

  private let eventLoop: any EventLoop
  private var watched: [RPCConnection] = []
  private var isScheduled = false

  init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// Watches `connection` until its `checkProgress` returns `false`. Not to be called again before.
  func add(_ connection: RPCConnection) {
    watched.append(connection)
    schedule()
  }

  private func schedule() {
    guard !isScheduled, !watched.isEmpty else { return }
    isScheduled = true
    eventLoop.assumeIsolated().scheduleTask(in: Self.interval) { self.look() }
  }

  private func look() {
    isScheduled = false
    let now = eventLoop.now
    let looked = watched
    watched = []
    // A connection may be added again while it is looked at.
    let stay = looked.filter { $0.checkProgress(now: now) }
    watched.append(contentsOf: stay)
    schedule()
  }
}
