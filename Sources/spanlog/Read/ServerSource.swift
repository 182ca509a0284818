import SpanClient
import SpanModel
import SpanNet

/// Reads traces over the TCP RPC, several at a time, and hands them out in the order asked for.
final class ServerSource: TraceSource {
  /// Reads asked for and not yet handed out; a server serves at most 16 of one connection at a time. Each
  /// holds at most the 4 MiB a stream may send without credit.
  private static let readCountMax = 12

  private struct Read {
    let traceID: TraceID?
    var chunks: TraceChunks.Iterator
    var wasFound = false
  }

  private let client: SpanlogClient
  /// `HOST:PORT`, for messages.
  private let name: String
  private var selection: ReadSelection
  private var reads: [Read] = []

  init(_ address: ListenAddress, _ selection: ReadSelection) async throws {
    client = try await SpanlogClient.connect(to: address, as: "spanlog read")
    name = "\(address)"
    self.selection = selection
    if case .all = selection {
      reads = [Read(traceID: nil, chunks: client.readAll().makeAsyncIterator())]
    }
  }

  func knownDamage() async throws -> KnownDamage {
    KnownDamage(damageCount: try await client.stats().damageCount, server: name)
  }

  func next() async throws -> TracePiece? {
    try askAhead()
    guard !reads.isEmpty else { return nil }
    do throws(ClientError) {
      if let chunk = try await reads[0].chunks.next() {
        reads[0].wasFound = true
        return .chunk(chunk.bytes, mayRepeat: chunk.mayRepeat)
      }
    } catch {
      guard error.code == .dataLoss else { throw error }
      reads.removeFirst()
      return .damaged(error.message)
    }
    let read = reads.removeFirst()
    return read.traceID.map { .end($0, wasFound: read.wasFound) }
  }

  func close() async { await client.close() }

  /// Sends requests up to the limit; making an iterator sends one.
  private func askAhead() throws {
    guard case .traces(var traceIDs, let skip, let limit) = selection else { return }
    while reads.count < Self.readCountMax, let traceID = try traceIDs.next() {
      let chunks = client.readTrace(traceID, skip: skip, limit: limit ?? 0)
      reads.append(Read(traceID: traceID, chunks: chunks.makeAsyncIterator()))
    }
    selection = .traces(traceIDs, skip: skip, limit: limit)
  }
}
