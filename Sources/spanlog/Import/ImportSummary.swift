/// The last line of an import.
struct ImportSummary: CustomStringConvertible {
  let counts: ImportCounts
  let elapsed: Duration

  var description: String {
    let seconds = elapsed / .seconds(1)
    let rate = Int(Double(counts.spanCount) / max(seconds, 0.001))
    var text = "imported \(counts.requestCount) requests with \(counts.spanCount) spans, "
    text += "\(counts.rejectedSpanCount) rejected, in \(SecondsText.text(seconds)) s: \(rate) spans/s"
    if counts.rejectedSpanCount > 0 { text += "\nthe first rejected: \(counts.firstRejection)" }
    return text
  }
}
