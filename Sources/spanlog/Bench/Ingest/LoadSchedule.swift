/// When the requests of a load are due.
///
/// With a rate they are due at even distances whatever became of those before, and latency counts from then:
/// a server that stalls makes those wait that would have come meanwhile, and that must show. Without one a
/// request is due as soon as there is room for it.
struct LoadSchedule: Sendable {
  typealias Instant = ContinuousClock.Instant

  private let end: Instant
  /// Spans per second; `nil` is as fast as answers come.
  private let rate: Double?
  private var due: Instant

  /// - Parameters:
  ///   - rate: of all senders together.
  ///   - senderNumber: which of `senderCount` this one is: they are due in turn.
  init(
    from start: Instant, until end: Instant, rate: Double?, spansPerRequest: Double, senderNumber: Int,
    senderCount: Int
  ) {
    self.end = end
    self.rate = rate.map { $0 / Double(senderCount) }
    let interval = rate.map { spansPerRequest / $0 } ?? 0
    due = start + .clamped(seconds: interval * Double(senderNumber))
  }

  func isOver(at now: Instant) -> Bool { now >= end }

  /// When the next one is due; `nil` when none is before the end.
  func next(at now: Instant) -> Instant? {
    guard now < end else { return nil }
    guard isPaced else { return now }
    return due < end ? due : nil
  }

  /// Whether there is a rate.
  var isPaced: Bool { rate != nil }

  /// A request with so many spans was sent.
  mutating func advance(spanCount: Int) {
    if let rate { due += .clamped(seconds: Double(spanCount) / rate) }
  }

  /// How many requests were due before `now` and are not sent; 0 without a rate.
  func lateCount(at now: Instant, spansPerRequest: Double) -> Int {
    guard let rate else { return 0 }
    let last = min(now, end)
    return due < last ? Int((last - due) / .seconds(1) * rate / spansPerRequest) + 1 : 0
  }
}
