import NIOConcurrencyHelpers

/// Says when a target begins to refuse requests, and when all that it refused went through.
///
/// Quiet for a while after that: a target at its limit refuses some requests every second.
final class RefusalNotice: Sendable {
  /// How often a request is sent again at most: with the delays servers ask for, minutes.
  static let retryCountMax = 300

  private static let quietTime = Duration.seconds(10)

  private struct State {
    /// Requests that were refused or lost and have not gone through yet.
    var refusedCount = 0
    var isTold = false
    var quietUntil: ContinuousClock.Instant?
  }

  private let write: @Sendable (String) -> Void
  private let clock = ContinuousClock()
  private let state = NIOLockedValueBox(State())

  init(write: @escaping @Sendable (String) -> Void = { StandardError.notice($0) }) { self.write = write }

  /// A request was refused for the first time.
  func refused(by target: String, _ reason: String) {
    tell("\(target) refused a request: \(reason); retrying")
  }

  /// A request was not answered, for the first time.
  func lost(_ target: String, _ reason: String) { tell("\(target) gave no answer: \(reason); retrying") }

  private func tell(_ line: String) {
    let isNews = state.withLockedValue { state in
      state.refusedCount += 1
      guard !state.isTold, state.quietUntil.map({ clock.now >= $0 }) ?? true else { return false }
      state.isTold = true
      return true
    }
    if isNews { write(line) }
  }

  /// A request that had been refused, or lost, is over.
  func ended(by target: String, hasGoneThrough: Bool) {
    let isNews = state.withLockedValue { state in
      state.refusedCount -= 1
      guard state.refusedCount == 0, state.isTold else { return false }
      state.isTold = false
      state.quietUntil = clock.now + Self.quietTime
      return hasGoneThrough
    }
    if isNews { write("\(target) takes requests again") }
  }
}
