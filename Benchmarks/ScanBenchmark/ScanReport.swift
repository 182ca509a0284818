/// What a run of the benchmark has measured.
package struct ScanReport: Sendable {
  package let requestCount: Int
  package let byteCount: Int
  package let spanCount: Int
  package let repeatCount: Int
  package let fastest: Duration
  package let median: Duration
  package let resultHash: String

  package var nanosecondsPerSpan: Double { fastest / .nanoseconds(1) / Double(max(1, spanCount)) }
}

extension ScanReport: CustomStringConvertible {
  package var description: String {
    """
    requests \(requestCount), spans \(spanCount), bytes \(byteCount) \
    (\(byteCount / max(1, spanCount)) per span), repeats \(repeatCount)
    fastest \(rate(fastest)), median \(rate(median))
    result \(resultHash)
    """
  }

  private func rate(_ duration: Duration) -> String {
    let nanoseconds = duration / .nanoseconds(1)
    let spans = Double(spanCount) / nanoseconds * 1e3
    return "\(rounded(nanoseconds / Double(max(1, spanCount)))) ns per span, \(rounded(spans)) M spans/s, "
      + "\(rounded(Double(byteCount) / nanoseconds)) GB/s"
  }

  private func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }
}
