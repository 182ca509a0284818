import SpanClient
import SpanModel
import SpanNet

/// Reads traces over the TCP RPC, several at a time, and hands them out in the order asked for.
final class ServerSource: TraceSource {
  /// Reads asked for and not yet handed out; a server serves at most 16 of one connection at a time. Each
  /// holds at most the 4 MiB a stream may send without credit.
  private static let readCountMax = 12

  private struct Read {
    /// `nil` for all.
    let traceID: TraceID?
    var chunks: TraceChunks.Iterator
    var wasFound = false
    /// How often the server had no room for it.
    var refusalCount = 0
  }

  private let client: SpanlogClient
  /// `HOST:PORT`, for messages.
  private let name: String
  private let notice: RefusalNotice
  /// `nil` when all are read.
  private var traceIDs: (any TraceIDs)?
  private let skip: UInt64
  private let limit: UInt64
  private var reads: [Read] = []
  /// A server that is short of room is asked for less at a time.
  private var readCountMax = ServerSource.readCountMax
  /// Why no more ids come.
  private var namingProblem: (any Error)?

  init(_ address: ListenAddress, _ selection: ReadSelection, notice: RefusalNotice = RefusalNotice())
    async throws
  {
    name = "\(address)"
    self.notice = notice
    switch selection {
    case .traces(let traceIDs, let skip, let limit):
      (self.traceIDs, self.skip, self.limit) = (traceIDs, skip, limit ?? 0)
    case .all: (traceIDs, skip, limit) = (nil, 0, 0)
    }
    client = try await SpanlogClient.connect(to: address, as: "spanlog read")
    if traceIDs == nil { reads = [Read(traceID: nil, chunks: chunks(of: nil))] }
  }

  func knownDamage() async throws -> KnownDamage {
    KnownDamage(damageCount: try await client.stats().damageCount, server: name)
  }

  func next() async throws -> TracePiece? {
    askAhead()
    guard !reads.isEmpty else {
      if let namingProblem { throw namingProblem }
      return nil
    }
    while true {
      do throws(ClientError) {
        if let chunk = try await reads[0].chunks.next() {
          endRefusals(hasGoneThrough: true)
          reads[0].wasFound = true
          return .chunk(chunk.bytes, mayRepeat: chunk.mayRepeat)
        }
        endRefusals(hasGoneThrough: true)
        let read = reads.removeFirst()
        return read.traceID.map { .end($0, wasFound: read.wasFound) }
      } catch {
        if try await waitsForRoom(error) { continue }
        endRefusals(hasGoneThrough: false)
        guard error.code == .dataLoss else { throw error }
        reads.removeFirst()
        return .damaged(error.message)
      }
    }
  }

  func close() async { await client.close() }

  /// Asks again for the first read when it met no room, after the time that the server asks for.
  ///
  /// - Returns: `false` when waiting does not help, or part of the answer has come.
  private func waitsForRoom(_ error: ClientError) async throws -> Bool {
    guard let delay = error.retryDelay, !reads[0].wasFound else { return false }
    guard reads[0].refusalCount < RefusalNotice.retryCountMax else {
      throw CommandFailure(
        "\(name) had no room for a read \(reads[0].refusalCount + 1) times: \(error.message)")
    }
    if reads[0].refusalCount == 0 { notice.refused(by: name, error.message) }
    reads[0].refusalCount += 1
    readCountMax = max(1, readCountMax / 2)
    try await Task.sleep(for: delay)
    reads[0].chunks = chunks(of: reads[0].traceID)
    return true
  }

  private func endRefusals(hasGoneThrough: Bool) {
    if reads[0].refusalCount > 0, !reads[0].wasFound {
      notice.ended(by: name, hasGoneThrough: hasGoneThrough)
    }
  }

  /// Sends requests up to the limit.
  private func askAhead() {
    do {
      while reads.count < readCountMax, namingProblem == nil, let traceID = try traceIDs?.next() {
        reads.append(Read(traceID: traceID, chunks: chunks(of: traceID)))
      }
    } catch {
      // What was asked for before comes first.
      namingProblem = error
    }
  }

  /// Sends a request: making an iterator does.
  private func chunks(of traceID: TraceID?) -> TraceChunks.Iterator {
    let chunks = traceID.map { client.readTrace($0, skip: skip, limit: limit) } ?? client.readAll()
    return chunks.makeAsyncIterator()
  }
}
