/// A line on a terminal that tells how far an import is, drawn over and over.
struct ImportProgress {
  static let interval = Duration.milliseconds(200)
  private static let barColumnCount = 24

  /// Bytes of all sources; `nil` when one has no size.
  let byteCount: UInt64?

  /// - Parameter elapsed: since the import began.
  func line(_ counts: ImportCounts, elapsed: Duration) -> String {
    let seconds = max(elapsed / .seconds(1), 0.001)
    let rate = Double(counts.spanCount) / seconds
    let numbers = "\(counts.spanCount) spans  \(Int(rate)) spans/s"
    guard let byteCount, byteCount > 0 else { return numbers }
    let share = min(Double(counts.sourcePosition) / Double(byteCount), 1)
    let filled = Int(share * Double(Self.barColumnCount))
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: Self.barColumnCount - filled)
    let left = share > 0.01 ? "  \(Int((seconds / share - seconds).rounded())) s left" : ""
    return "\(bar) \(Int(share * 100)) %  \(numbers)\(left)"
  }

  /// Draws until cancelled, then wipes the line.
  func run(_ tally: ImportTally) async {
    let clock = ContinuousClock()
    let start = clock.now
    while (try? await clock.sleep(for: Self.interval)) != nil {
      StandardError.write("\r\u{1b}[K" + line(tally.counts, elapsed: clock.now - start))
    }
    StandardError.write("\r\u{1b}[K")
  }
}
