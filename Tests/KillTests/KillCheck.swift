import SpanClient
import SpanTestKit
import Testing

/// Holds what a server answers against what was acked.
struct KillCheck {
  /// Of the newest requests of a store that drops the oldest, as many bytes must be there: half a segment, of
  /// the one that is written to and the one before.
  private static let newestByteCount = 512 << 10

  let client: SpanlogClient
  /// Whether the store may have dropped its oldest segments.
  let retainsNewestOnly: Bool
  let seed: UInt64
  private(set) var foundCount = 0
  private(set) var retiredCount = 0
  private(set) var deletedCount = 0
  /// Whether a request of an earlier round was found.
  private var hasFoundEarlier = false

  init(_ client: SpanlogClient, retainsNewestOnly: Bool, seed: UInt64) {
    (self.client, self.retainsNewestOnly, self.seed) = (client, retainsNewestOnly, seed)
  }

  /// Reads every request of the ledgers, which are given in the order of their rounds.
  mutating func run(_ ledgers: [AckLedger], connectionCount: Int) async throws {
    for (number, ledger) in ledgers.enumerated() {
      try await run(ledger, connectionCount: connectionCount, isLast: number == ledgers.count - 1)
    }
  }

  private mutating func run(_ ledger: AckLedger, connectionCount: Int, isLast: Bool) async throws {
    for request in ledger.deleted {
      #expect(try await spans(of: request).isEmpty, "a deleted trace is there again: \(text(request))")
    }
    deletedCount += ledger.deleted.count
    var found: Set<UInt64> = []
    let requests = ledger.requests
    for request in requests {
      let spans = try await spans(of: request)
      if spans == Set(request.generated.spans) { found.insert(request.number) }
      let isRetired = retainsNewestOnly && spans.isEmpty
      #expect(found.contains(request.number) || isRetired, "an acked request is not whole: \(text(request))")
    }
    foundCount += found.count
    retiredCount += requests.count - found.count
    guard retainsNewestOnly else { return }
    for connection in 0..<connectionCount {
      // A connection's requests are stored in the order in which it sent them.
      let sent = requests.filter { $0.number % UInt64(connectionCount) == connection }
        .sorted { $0.number < $1.number }
      let kept = sent.drop { !found.contains($0.number) }
      for request in hasFoundEarlier ? sent[...] : kept where !found.contains(request.number) {
        Issue.record("an acked request is gone, and an older one is not: \(text(request))")
      }
    }
    if isLast { expectNewest(requests, found) }
    if !found.isEmpty { hasFoundEarlier = true }
  }

  private func expectNewest(_ requests: [AckedRequest], _ found: Set<UInt64>) {
    var byteCount = 0
    for request in requests.reversed() {
      byteCount += request.bytes.count
      guard byteCount <= Self.newestByteCount else { return }
      #expect(found.contains(request.number), "one of the newest requests is gone: \(text(request))")
    }
  }

  private func spans(of request: AckedRequest) async throws -> Set<GeneratedSpan> {
    var found: Set<GeneratedSpan> = []
    for try await chunk in client.readTrace(request.traceID) {
      found.formUnion(try decodeAnswer(chunk.bytes))
    }
    return found
  }

  private func text(_ request: AckedRequest) -> String {
    "round \(request.round), number \(request.number), seed \(seed)"
  }
}
