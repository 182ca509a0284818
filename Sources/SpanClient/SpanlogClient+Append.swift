internal import NIOCore
internal import SpanWire

extension SpanlogClient {
  /// A frame's length is 32 bits wide; this is well below, and far above what servers are set up to take.
  private static let requestByteCountMax = 1 << 30

  /// Appends the spans of an OTLP `ExportTraceServiceRequest`, and waits until they are stored.
  ///
  /// Suspends first while `requestCountMax` or `inFlightByteCountMax` of the options are in flight. Call it
  /// from several tasks, or use `send`, to have more than one in flight. Cancelling the task while it waits
  /// for room sends nothing; once sent, an append cannot be taken back and its answer is waited for.
  ///
  /// - Parameter request: the serialized message, at most the server's `requestByteCountMax` bytes long.
  /// - Returns: which spans were refused, if any; all others are durable and can be read.
  /// - Throws: `.resourceExhausted` with a delay when the server is short of room: nothing was stored, send
  ///   it again. `.invalidArgument` when the bytes are no such message: nothing was stored.
  ///   `.connectionLost` when it is unknown whether they were stored.
  public func append(_ request: [UInt8]) async throws(ClientError) -> AppendAnswer {
    let (flags, body) = try encoded(request)
    try await window.enter(byteCount: body.readableBytes)
    let result = await withCheckedContinuation { continuation in
      hand(body, flags) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Appends as `append` does, but returns once the request is on its way.
  ///
  /// For a sender that keeps many requests in flight from one task: there is no task per request, and the
  /// options' window still holds the sender back by suspending it.
  ///
  /// - Parameter answered: called once with the answer or the error, on the connection's event loop: it must
  ///   not block, nor call `send` and wait for it.
  /// - Throws: `.cancelled`, `.connectionLost` or `.closed` when nothing was sent; `answered` is not called
  ///   then.
  public func send(
    _ request: [UInt8], answered: @escaping @Sendable (Result<AppendAnswer, ClientError>) -> Void
  ) async throws(ClientError) {
    let (flags, body) = try encoded(request)
    try await window.enter(byteCount: body.readableBytes)
    hand(body, flags, answered: answered)
  }

  /// Waits until every append sent so far was answered.
  public func flush() async throws(ClientError) { try await window.waitUntilEmpty() }

  private func encoded(_ request: [UInt8]) throws(ClientError) -> (RPCFlags, ByteBuffer) {
    guard request.count <= Self.requestByteCountMax else {
      throw ClientError(
        .invalidArgument,
        "cannot append \(request.count) bytes at once, no server takes more than \(Self.requestByteCountMax)")
    }
    if options.isCompressed, let compressed = request.withUnsafeBytes({ LZ4Body.compressed($0) }) {
      return (.compressed, ByteBuffer(bytes: compressed))
    }
    return ([], ByteBuffer(bytes: request))
  }

  /// Hands a request that has its place in the window over to the connection.
  private func hand(
    _ body: ByteBuffer, _ flags: RPCFlags,
    answered: @escaping @Sendable (Result<AppendAnswer, ClientError>) -> Void
  ) {
    let byteCount = body.readableBytes
    connection.eventLoop.execute { [connection, window] in
      connection.call(.append, flags: flags, body: body) { result in
        // First the answer, so that whoever waits for an empty window has seen all of them.
        answered(Self.answer(result))
        window.leave(byteCount: byteCount)
      }
    }
  }

  private static func answer(
    _ result: Result<[UInt8], ClientError>
  ) -> Result<AppendAnswer, ClientError> {
    result.flatMap { body in
      if body.isEmpty { return .success(.allAccepted) }
      do throws(WireError) {
        return .success(AppendAnswer(try AppendAnswerBody(decoding: body)))
      } catch {
        return .failure(
          ClientError(.protocolViolation, "the answer to Append could not be read: \(error)"))
      }
    }
  }
}
