internal import NIOCore
internal import SpanWire

/// A piece of an answer.
public struct TraceChunk: Hashable, Sendable {
  /// A serialized OTLP `TracesData` with whole spans, at least one, about 1 MiB unless a span is larger.
  public let bytes: [UInt8]
  /// The server had too many spans to compare: equal ones may come twice within the trace.
  public let mayRepeat: Bool
}

/// The chunks of an answer, as they come. The server sends only as much as is being read: leave the loop
/// and it stops. Each iteration is a request of its own.
public struct TraceChunks: AsyncSequence, Sendable {
  public typealias Element = TraceChunk
  public typealias Failure = ClientError

  let connection: ClientConnection
  let request: [UInt8]

  public func makeAsyncIterator() -> Iterator {
    Iterator(stream: TraceStreamReader(connection: connection, request: request))
  }

  /// Reads the chunks of one iteration, in one task at a time.
  public struct Iterator: AsyncIteratorProtocol {
    let stream: TraceStreamReader

    /// The next chunk, or `nil` at the end of the answer; at once for an unknown trace.
    ///
    /// - Throws: `.dataLoss` after the last whole chunk of a trace that is damaged; `.cancelled` when the
    ///   task was cancelled; `.connectionLost`.
    public mutating func next() async throws(ClientError) -> TraceChunk? { try await stream.next() }

    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(ClientError) -> TraceChunk? { try await stream.next() }
  }
}

/// One iteration's hold on its stream: when the last copy goes, the server is told to stop.
final class TraceStreamReader: Sendable {
  private let connection: ClientConnection
  private let queue = ChunkQueue()
  private let requestID: EventLoopFuture<UInt32?>

  init(connection: ClientConnection, method: RPCMethod = .readTrace, request: [UInt8]) {
    self.connection = connection
    let queue = self.queue
    requestID = connection.eventLoop.submit {
      connection.stream(method, body: ByteBuffer(bytes: request), into: queue)
    }
  }

  deinit {
    // Also when the task was cancelled: then the queue has ended, and the server's stream has not.
    requestID.whenSuccess { [connection] requestID in
      if let requestID { connection.cancelStream(requestID) }
    }
  }

  func next() async throws(ClientError) -> TraceChunk? {
    // The chunk taken last has been dealt with: make room for others before waiting.
    let byteCount = queue.takeCredit()
    if byteCount > 0 { give(byteCount) }
    return try await queue.next()
  }

  private func give(_ byteCount: Int) {
    requestID.whenSuccess { [connection] requestID in
      guard let requestID else { return }
      connection.tell(.credit, CreditRequest(requestID: requestID, byteCount: UInt64(byteCount)))
    }
  }
}
