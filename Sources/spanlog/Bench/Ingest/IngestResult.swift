import SpanModel

/// What senders have sent and how long acks took.
struct IngestResult: Sendable {
  var requestCount = 0
  var spanCount = 0
  var byteCount = 0
  /// Times that there was no room for a request, which was sent again later.
  var refusedCount = 0
  /// Requests that were due before the end and never sent: the latencies lack theirs.
  var unsentCount = 0
  var latencies = LatencyHistogram()
  var samples: TraceSample
  /// Processor time of making requests new, where that is known apart from the rest.
  var generatorSeconds = 0.0

  init(sampleCountMax: Int, seed: UInt64) {
    samples = TraceSample(countMax: sampleCountMax, seed: seed)
  }

  /// Counts an acked request.
  mutating func acked(_ request: LoadRequest, rejectedSpanCount: Int, nanoseconds: UInt64) {
    requestCount += 1
    spanCount += request.spanCount - rejectedSpanCount
    byteCount += request.byteCount
    latencies.add(nanoseconds: nanoseconds)
    samples.add(request)
  }

  mutating func add(_ other: IngestResult) {
    requestCount += other.requestCount
    spanCount += other.spanCount
    byteCount += other.byteCount
    refusedCount += other.refusedCount
    unsentCount += other.unsentCount
    latencies.add(other.latencies)
    samples.add(other.samples)
    generatorSeconds += other.generatorSeconds
  }
}
