/// The last lines of a replay.
struct ReplaySummary: CustomStringConvertible {
  let counts: ReplayCounts
  let elapsed: Duration

  var description: String {
    var lines = [total]
    if counts.unselectedCount > 0 {
      lines.append(
        "left out \(counts.unselectedCount) spans that --since, --until or --service do not select")
    }
    if counts.lateCount > 0 {
      lines.append(
        "\(counts.lateCount) spans came when later ones had been sent; a longer --window would have held those"
      )
    }
    if counts.rejectedCount > 0 { lines.append("the first rejected: \(counts.firstRejection)") }
    if counts.failedCount > 0 { lines.append("the first that failed: \(counts.firstFailure)") }
    return lines.joined(separator: "\n")
  }

  private var total: String {
    let seconds = elapsed / .seconds(1)
    let rate = Int(Double(counts.ackedCount) / max(seconds, 0.001))
    return
      "replayed \(counts.requestCount) requests: \(counts.sentCount) spans sent, \(counts.ackedCount) acked, "
      + "\(counts.rejectedCount) rejected, \(counts.failedCount) failed, \(counts.passedOverCount) passed over, "
      + "in \(SecondsText.text(seconds)) s: \(rate) spans/s"
  }
}
