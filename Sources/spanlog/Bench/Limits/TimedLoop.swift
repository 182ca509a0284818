/// Does the same thing over and over for some time, and keeps how long each took.
struct TimedLoop {
  /// In nanoseconds, the shortest first.
  let durations: [Double]

  /// At least once.
  init(for duration: Duration, _ body: () throws -> Void) rethrows {
    let clock = ContinuousClock()
    let end = clock.now + duration
    var durations: [Double] = []
    repeat {
      let start = clock.now
      try body()
      durations.append((clock.now - start) / .nanoseconds(1))
    } while clock.now < end
    self.durations = durations.sorted()
  }

  var median: Double { quantile(0.5) }

  /// The time that a share of all does not exceed.
  func quantile(_ share: Double) -> Double {
    durations[min(durations.count - 1, Int(share * Double(durations.count)))]
  }

  /// Nanoseconds of all of them.
  var total: Double { durations.reduce(0, +) }
}
