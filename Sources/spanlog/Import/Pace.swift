/// Spreads spans evenly over time.
struct Pace {
  /// How much of a stall is made up for afterwards by going faster.
  private static let lagMax = Duration.seconds(1)

  /// Spans per second; `nil` is as fast as possible.
  let rate: Double?
  private let clock = ContinuousClock()
  private var due: ContinuousClock.Instant

  init(rate: Double?) {
    self.rate = rate
    due = clock.now
  }

  /// Waits until the next `spanCount` spans are due.
  mutating func wait(for spanCount: Int) async throws {
    guard let rate else { return }
    let now = clock.now
    if due > now { try await clock.sleep(until: due) }
    due = max(due, now - Self.lagMax) + .clamped(seconds: Double(spanCount) / rate)
  }
}
