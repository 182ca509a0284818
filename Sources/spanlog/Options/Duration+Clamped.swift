extension Duration {
  /// So many seconds, and 30 years at the most: longer than any run is as good as never, and some numbers are
  /// more than a `Duration` holds.
  static func clamped(seconds: Double) -> Duration { .seconds(min(seconds, 1e9)) }
}
