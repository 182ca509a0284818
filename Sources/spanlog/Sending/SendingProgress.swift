/// A line on a terminal that tells how far a command is, drawn over and over.
struct SendingProgress {
  static let interval = Duration.milliseconds(200)
  private static let barColumnCount = 24

  /// Bytes of all sources; `nil` when one has no size.
  let byteCount: UInt64?

  /// - Parameters:
  ///   - spanCount: of the spans that were acked.
  ///   - position: bytes of the sources read.
  ///   - elapsed: since it began.
  func line(spanCount: Int, position: UInt64, elapsed: Duration) -> String {
    let seconds = max(elapsed / .seconds(1), 0.001)
    let rate = Double(spanCount) / seconds
    let numbers = "\(spanCount) spans  \(Int(rate)) spans/s"
    guard let byteCount, byteCount > 0 else { return numbers }
    let share = min(Double(position) / Double(byteCount), 1)
    let filled = Int(share * Double(Self.barColumnCount))
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: Self.barColumnCount - filled)
    let left = share > 0.01 ? "  \(Int((seconds / share - seconds).rounded())) s left" : ""
    return "\(bar) \(Int(share * 100)) %  \(numbers)\(left)"
  }

  /// Draws until cancelled, then wipes the line.
  func run(_ state: @escaping @Sendable () -> (spanCount: Int, position: UInt64)) async {
    let clock = ContinuousClock()
    let start = clock.now
    while (try? await clock.sleep(for: Self.interval)) != nil {
      let (spanCount, position) = state()
      StandardError.write(
        "\r\u{1b}[K" + line(spanCount: spanCount, position: position, elapsed: clock.now - start))
    }
    StandardError.write("\r\u{1b}[K")
  }
}
