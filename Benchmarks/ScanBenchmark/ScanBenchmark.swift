// How many spans per second can one core scan, and at how many nanoseconds each?

package import SpanWire

/// One answer to the question above.
package struct ScanBenchmark: ~Copyable {
  package let corpus: Corpus
  /// How often the whole corpus is scanned; the fastest time counts, since noise only ever adds.
  package let repeatCount: Int

  package init(corpus: consuming Corpus, repeatCount: Int) {
    self.corpus = corpus
    self.repeatCount = repeatCount
  }

  package func run() throws(WireError) -> ScanReport {
    var batch = SpanBatch()
    let resultHash = try hashOfResults(&batch)
    let clock = ContinuousClock()
    var durations: [Duration] = []
    for _ in 0..<max(1, repeatCount) {
      let start = clock.now
      try scanAll(&batch)
      durations.append(clock.now - start)
    }
    durations.sort()
    return ScanReport(
      requestCount: corpus.requests.count, byteCount: corpus.byteCount, spanCount: resultHash.spanCount,
      repeatCount: durations.count, fastest: durations[0], median: durations[durations.count / 2],
      resultHash: resultHash.text)
  }

  private func scanAll(_ batch: inout SpanBatch) throws(WireError) {
    for request in corpus.requests { try batch.scan(request) }
  }

  /// Scans once, untimed, to warm the caches and to tell whether two builds found the same.
  private func hashOfResults(_ batch: inout SpanBatch) throws(WireError) -> ResultHash {
    var hash = ResultHash()
    for request in corpus.requests {
      try batch.scan(request)
      hash.add(batch)
    }
    return hash
  }
}
