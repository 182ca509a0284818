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
  /// A request of a later round that is gone, so that all of earlier rounds must be.
  private var goneLater: AckedRequest?

  init(_ client: SpanlogClient, retainsNewestOnly: Bool, seed: UInt64) {
    (self.client, self.retainsNewestOnly, self.seed) = (client, retainsNewestOnly, seed)
  }

  /// Reads every request of the ledgers, which are given in the order of their rounds.
  ///
  /// The newest first: the server goes on retiring its oldest segments meanwhile, but what is there when it
  /// is read shows that all newer requests, which were read before, had to be there.
  mutating func run(_ ledgers: [AckLedger], connectionCount: Int) async throws {
    for (number, ledger) in ledgers.enumerated().reversed() {
      try await run(ledger, connectionCount: connectionCount, isLast: number == ledgers.count - 1)
    }
  }

  private mutating func run(_ ledger: AckLedger, connectionCount: Int, isLast: Bool) async throws {
    for request in ledger.deleted {
      #expect(try await spans(of: request).isEmpty, "a deleted trace is there again: \(text(request))")
    }
    deletedCount += ledger.deleted.count
    let requests = ledger.requests
    var found: Set<UInt64> = []
    var goneOfConnection: [UInt64: AckedRequest] = [:]
    // A connection's requests are stored in the order in which it sent them.
    for request in requests.sorted(by: { $0.number > $1.number }) {
      let connection = request.number % UInt64(connectionCount)
      let spans = try await spans(of: request)
      if spans == Set(request.generated.spans) {
        found.insert(request.number)
        if let gone = goneLater ?? goneOfConnection[connection] {
          Issue.record("an acked request is gone, and an older one is not: \(text(gone)); \(text(request))")
        }
      } else {
        let isRetired = retainsNewestOnly && spans.isEmpty
        #expect(isRetired, "an acked request is not whole: \(text(request))")
        goneOfConnection[connection] = request
      }
    }
    foundCount += found.count
    retiredCount += requests.count - found.count
    if retainsNewestOnly, isLast { expectNewest(requests, found) }
    goneLater = goneLater ?? goneOfConnection.values.first
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
