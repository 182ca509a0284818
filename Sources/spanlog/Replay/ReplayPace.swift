import SpanModel

/// When requests go out: as far apart as they were recorded, times a factor.
///
/// A pure value; whoever waits has the clock.
struct ReplayPace {
  /// How much of a stall is made up for afterwards by going faster.
  private static let lagMax = Duration.seconds(1)

  /// How many times as fast as recorded; `nil` is as fast as possible.
  let factor: Double?
  private var first: Timestamp?
  /// When the first would have gone out, had there been no stalls; since the replay began.
  private var origin = Duration.zero

  init(factor: Double?) { self.factor = factor }

  /// How long to wait with what was recorded at `time`.
  ///
  /// - Parameter now: since the replay began.
  mutating func delay(until time: Timestamp, now: Duration) -> Duration {
    guard let factor else { return .zero }
    guard let first else {
      first = time
      origin = now
      return .zero
    }
    // What comes from before the first goes out at once.
    let nanoseconds = time > first ? Double(time.nanoseconds - first.nanoseconds) : 0
    let due = origin + .clamped(seconds: nanoseconds / 1e9 / factor)
    if now - due > Self.lagMax { origin += now - due - Self.lagMax }
    return max(due - now, .zero)
  }
}
