import ArgumentParser

/// What the benchmarks' options have in common.
enum BenchOption {
  static func check(_ value: Int, _ flag: String, max: Int) throws {
    guard (1...max).contains(value) else {
      throw ValidationError("\(flag): \(value) is out of range, 1 to \(max) are allowed")
    }
  }

  /// A day: nobody waits longer for a figure.
  private static let secondsMax = 86_400.0

  static func check(seconds: Double) throws {
    guard seconds > 0, seconds <= secondsMax else {
      throw ValidationError(
        "--seconds: \(seconds) is out of range, more than 0 and at most 86400 are allowed")
    }
  }
}
