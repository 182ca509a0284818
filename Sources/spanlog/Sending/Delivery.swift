/// One request on its way, until it is stored or given up.
struct Delivery: Sendable {
  enum End: Sendable {
    case stored(rejectedSpanCount: Int, firstRejection: String)
    /// The target does not take it.
    case failed(reason: String)
    /// The target takes nothing, however often it is asked.
    case givenUp(reason: String)
    /// Nothing is sent any more.
    case dropped
  }

  /// How often it is sent again when there was no answer: 16 s with `LostBackoff`.
  static let lostRetryCountMax = 8

  let target: any AppendTarget
  let notice: RefusalNotice
  let request: [UInt8]
  /// How long to wait before that many retries of a request that was not answered.
  let backoff: @Sendable (Int) -> Duration
  /// Whether nothing is sent any more.
  let hasEnded: @Sendable () -> Bool
  /// Called once, on any thread.
  let ended: @Sendable (End) -> Void
  private var busyRetryCount = 0
  private var lostRetryCount = 0

  init(
    target: any AppendTarget, notice: RefusalNotice, request: [UInt8],
    backoff: @escaping @Sendable (Int) -> Duration = { LostBackoff.delay(before: $0) },
    hasEnded: @escaping @Sendable () -> Bool, ended: @escaping @Sendable (End) -> Void
  ) {
    self.target = target
    self.notice = notice
    self.request = request
    self.backoff = backoff
    self.hasEnded = hasEnded
    self.ended = ended
  }

  func start() async {
    await target.send(request) { [self] reply in
      switch reply {
      case .stored(let rejectedSpanCount, let firstRejection):
        end(.stored(rejectedSpanCount: rejectedSpanCount, firstRejection: firstRejection))
      case .busy(let delay, let reason): meetNoRoom(delay, reason)
      case .lost(let reason): meetNoAnswer(reason)
      case .ended(let reason): end(.givenUp(reason: reason))
      case .failed(let reason): end(.failed(reason: reason))
      }
    }
  }

  private var isRetried: Bool { busyRetryCount + lostRetryCount > 0 }

  private func end(_ end: End) {
    if isRetried {
      let isStored = if case .stored = end { true } else { false }
      notice.ended(by: target.name, hasGoneThrough: isStored)
    }
    ended(end)
  }

  private func meetNoRoom(_ delay: Duration, _ reason: String) {
    guard !hasEnded() else { return end(.dropped) }
    guard busyRetryCount < RefusalNotice.retryCountMax else {
      return end(
        .givenUp(reason: "\(target.name) had no room for a request \(busyRetryCount + 1) times: \(reason)"))
    }
    if !isRetried { notice.refused(by: target.name, reason) }
    var next = self
    next.busyRetryCount += 1
    next.start(after: delay)
  }

  private func meetNoAnswer(_ reason: String) {
    guard !hasEnded() else { return end(.dropped) }
    guard lostRetryCount < Self.lostRetryCountMax else {
      return end(
        .givenUp(reason: "\(target.name) did not answer a request \(lostRetryCount + 1) times: \(reason)"))
    }
    if !isRetried { notice.lost(target.name, reason) }
    var next = self
    next.lostRetryCount += 1
    next.start(after: backoff(next.lostRetryCount))
  }

  private func start(after delay: Duration) {
    Task {
      try? await Task.sleep(for: delay)  // Nobody cancels it.
      await start()
    }
  }
}

/// How long to wait before a target that did not answer is tried again.
enum LostBackoff {
  private static let delayMax = Duration.seconds(5)

  /// 100 ms, doubled each time, up to 5 s.
  ///
  /// - Parameter retry: 1 for the first.
  static func delay(before retry: Int) -> Duration {
    min(.milliseconds(100) * (1 << min(max(retry, 1) - 1, 10)), delayMax)
  }
}
