import ArgumentParser

/// What the benchmarks' options have in common.
enum BenchOption {
  static func check(_ value: Int, _ flag: String, max: Int) throws {
    guard (1...max).contains(value) else {
      throw ValidationError("\(flag): \(value) is out of range, 1 to \(max) are allowed")
    }
  }

  static func check(seconds: Double) throws {
    guard seconds > 0, seconds.isFinite else {
      throw ValidationError("--seconds: \(seconds) is too small, more than 0 are required")
    }
  }
}
