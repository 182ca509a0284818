import SpanWire

/// What readers got and how long it took.
struct ReadLoadResult: Sendable {
  private(set) var found = LatencyHistogram()
  private(set) var absent = LatencyHistogram()
  private(set) var spanCount = 0
  private(set) var byteCount = 0
  /// Traces that should have been there and were not.
  private(set) var missingCount = 0
  private(set) var hash = SpanSetHash()
  private var batch = SpanBatch()

  /// Counts a read and looks at what it returned; the clock stands still meanwhile.
  mutating func add(_ step: ReadPlan.Step, _ chunks: [[UInt8]], nanoseconds: UInt64) throws(WireError) {
    if step.isPresent { found.add(nanoseconds: nanoseconds) } else { absent.add(nanoseconds: nanoseconds) }
    if chunks.isEmpty, step.isPresent { missingCount += 1 }
    for chunk in chunks {
      byteCount += chunk.count
      var outcome: Result<Void, WireError> = .success(())
      chunk.withUnsafeBytes { bytes in
        do throws(WireError) { try batch.scan(bytes) } catch { outcome = .failure(error) }
        if step.isFirstRound { hash.add(batch, of: bytes) }
      }
      try outcome.get()
      spanCount += batch.spans.count
    }
  }

  mutating func add(_ other: ReadLoadResult) {
    found.add(other.found)
    absent.add(other.absent)
    spanCount += other.spanCount
    byteCount += other.byteCount
    missingCount += other.missingCount
    hash.add(other.hash)
  }
}
