import SpanEngine
import SpanQuery

/// Sends the requests of a feed to a target in its pace, a window of them at a time.
///
/// Used from one task, which it blocks while it reads.
final class Replayer {
  let tally: ReplayTally
  let window: FlightWindow
  private let target: any AppendTarget
  private let notice: RefusalNotice
  private let backoff: @Sendable (Int) -> Duration
  private var pace: ReplayPace
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant

  init(
    target: any AppendTarget, tally: ReplayTally, requestCountMax: Int, rateFactor: Double?,
    notice: RefusalNotice = RefusalNotice(),
    backoff: @escaping @Sendable (Int) -> Duration = { LostBackoff.delay(before: $0) }
  ) {
    self.target = target
    self.tally = tally
    self.notice = notice
    self.backoff = backoff
    window = FlightWindow(countMax: requestCountMax)
    pace = ReplayPace(factor: rateFactor)
    begin = clock.now
  }

  /// Sends all there is. Not all of it is answered when this returns.
  ///
  /// - Parameter position: how far the reading is.
  func send(_ feed: ReplayFeed, position: () -> UInt64) async throws {
    defer { tally.note(feed, position: position()) }
    while let request = try feed.nextRequest() {
      tally.note(feed, position: position())
      let delay = pace.delay(until: request.time, now: clock.now - begin)
      if delay > .zero { try await clock.sleep(for: delay) }
      guard await deliver(request) else { return }
    }
  }

  /// - Returns: `false` when nothing more is sent.
  private func deliver(_ request: ReplayRequest) async -> Bool {
    await window.enter()
    if tally.counts.hasEnded {
      window.leave()
      return false
    }
    tally.sending(request)
    let (spanCount, parts) = (request.spanCount, request.parts)
    await Delivery(
      target: target, notice: notice, request: request.bytes, backoff: backoff,
      hasEnded: { [tally] in tally.counts.hasEnded },
      ended: { [tally, window] end in
        tally.ended(end, spanCount: spanCount, parts: parts)
        window.leave()
      }
    ).start()
    return true
  }
}
