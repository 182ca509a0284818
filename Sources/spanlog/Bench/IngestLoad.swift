import Glibc
import SpanClient
import SpanNet

/// Sends synthetic requests over one connection, one at a time, and measures.
struct IngestLoad: Sendable {
  let address: ListenAddress
  let spansPerRequest: Int
  let seed: UInt64
  /// Spans per second of this connection; `nil` is as fast as answers come.
  let rate: Double?

  func run(until end: ContinuousClock.Instant) async throws -> IngestResult {
    let client = try await SpanlogClient.connect(to: address, as: "spanlog bench")
    var request = SyntheticRequest(spanCount: spansPerRequest, seed: seed)
    var pace = Pace(rate: rate)
    var result = IngestResult()
    let clock = ContinuousClock()
    while clock.now < end {
      try await pace.wait(for: spansPerRequest)
      request.refresh(now: Self.now)
      let start = clock.now
      if let delay = try await send(request, client, &result) {
        try await clock.sleep(for: delay)
      } else {
        result.latencies.add(nanoseconds: UInt64((clock.now - start) / .nanoseconds(1)))
      }
    }
    await client.close()
    return result
  }

  /// - Returns: how long to wait before going on, when the server had no room.
  private func send(
    _ request: SyntheticRequest, _ client: SpanlogClient, _ result: inout IngestResult
  ) async throws -> Duration? {
    do {
      let answer = try await withAnswer { try await client.send(request.buffer, answered: $0) }
      result.requestCount += 1
      result.spanCount += request.spanCount - answer.rejectedSpanCount
      result.byteCount += request.byteCount
      return nil
    } catch let error as ClientError {
      guard let delay = error.retryDelay else { throw CommandFailure(error.message) }
      result.refusedCount += 1
      return delay
    }
  }

  private func withAnswer(
    _ send: (@escaping @Sendable (Result<AppendAnswer, ClientError>) -> Void) async throws -> Void
  ) async throws -> AppendAnswer {
    let (answers, continuation) = AsyncStream<Result<AppendAnswer, ClientError>>.makeStream()
    try await send { continuation.yield($0) }
    for await answer in answers { return try answer.get() }
    throw CancellationError()
  }

  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// What connections have sent and how long acks took.
struct IngestResult: Sendable {
  var requestCount = 0
  var spanCount = 0
  var byteCount = 0
  /// Requests that the server had no room for.
  var refusedCount = 0
  var latencies = LatencyHistogram()

  mutating func add(_ other: IngestResult) {
    requestCount += other.requestCount
    spanCount += other.spanCount
    byteCount += other.byteCount
    refusedCount += other.refusedCount
    latencies.add(other.latencies)
  }
}
