import SpanClient
import SpanModel
import SpanNet

/// Reads traces over the TCP RPC, one at a time on each of its connections.
struct ServerReadLoad {
  let address: ListenAddress
  let connectionCount: Int

  /// Reads until the plan ends.
  func run(_ plan: ReadPlan) async throws -> ReadLoadResult {
    try await withThrowingTaskGroup(of: ReadLoadResult.self) { group in
      for _ in 0..<connectionCount {
        let client = try await SpanlogClient.connect(to: address, as: "spanlog bench")
        group.addTask { try await Self.read(plan, through: client) }
      }
      return try await group.reduce(into: ReadLoadResult()) { $0.add($1) }
    }
  }

  @concurrent
  private static func read(_ plan: ReadPlan, through client: SpanlogClient) async throws -> ReadLoadResult {
    var result = ReadLoadResult()
    let clock = ContinuousClock()
    while let step = plan.next() {
      let start = clock.now
      var chunks: [[UInt8]] = []
      for try await chunk in client.readTrace(step.traceID) { chunks.append(chunk.bytes) }
      try result.add(step, chunks, nanoseconds: UInt64((clock.now - start) / .nanoseconds(1)))
    }
    await client.close()
    return result
  }
}
