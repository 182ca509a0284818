internal import NIOCore
internal import SpanNet
internal import SpanWire

/// The client's end of a connection: numbers requests, writes them, and hands answers to who waits.
final class ClientConnection: ChannelInboundHandler, @unchecked Sendable {
  // SAFETY: everything but the constants runs on `eventLoop`.

  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  typealias Completion = @Sendable (Result<[UInt8], ClientError>) -> Void

  private enum Outstanding {
    case call(RPCMethod, Completion)
    case stream(RPCMethod, ChunkQueue)
  }

  /// The largest frame taken from a server: a span of the largest request, with its envelopes, and room.
  static let bodyByteCountMax = 256 << 20
  /// Grant for a body whose length is only claimed.
  private static let firstGrantByteCount = 1 << 20

  let eventLoop: any EventLoop
  /// `HOST:PORT`, for messages.
  let peer: String
  private let onEnd: @Sendable (ClientError) -> Void
  private var context: ChannelHandlerContext?
  private var outstanding: [UInt32: Outstanding] = [:]
  private var lastRequestID: UInt32 = 0
  private var reader = RPCFrameReader(bodyByteCountMax: ClientConnection.bodyByteCountMax)
  private var header = RPCFrameHeader(method: 0, requestID: 0, bodyByteCount: 0)
  private var body: [UInt8] = []
  private var isFlushScheduled = false
  /// Why the connection ended, if it did.
  private var end: ClientError?

  /// - Parameter onEnd: called once, when no further request can be sent.
  init(eventLoop: any EventLoop, peer: String, onEnd: @escaping @Sendable (ClientError) -> Void) {
    self.eventLoop = eventLoop
    self.peer = peer
    self.onEnd = onEnd
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  // MARK: Requests

  /// Sends a request; on the event loop.
  func call(
    _ method: RPCMethod, flags: RPCFlags = [], body: ByteBuffer, completion: @escaping Completion
  ) {
    if let end { return completion(.failure(end)) }
    let requestID = nextRequestID()
    outstanding[requestID] = .call(method, completion)
    write(method, flags, requestID, body)
  }

  /// Starts a stream; on the event loop.
  ///
  /// - Returns: its request id; `nil` when the connection has ended, which the queue was told.
  func stream(_ method: RPCMethod, body: ByteBuffer, into queue: ChunkQueue) -> UInt32? {
    if let end {
      queue.finish(end)
      return nil
    }
    let requestID = nextRequestID()
    outstanding[requestID] = .stream(method, queue)
    write(method, [], requestID, body)
    return requestID
  }

  /// Sends a request that has no answer; on the event loop.
  func tell(_ method: RPCMethod, _ body: some RPCBody) {
    guard end == nil else { return }
    write(method, [], nextRequestID(), ByteBuffer(bytes: body.encoded))
  }

  private func nextRequestID() -> UInt32 {
    repeat { lastRequestID &+= 1 } while outstanding[lastRequestID] != nil || lastRequestID == 0
    return lastRequestID
  }

  private func write(_ method: RPCMethod, _ flags: RPCFlags, _ requestID: UInt32, _ body: ByteBuffer) {
    guard let context else { return }
    let header = RPCFrameHeader(
      method: method.rawValue, flags: flags, requestID: requestID, bodyByteCount: body.readableBytes)
    context.write(wrapOutboundOut(ByteBuffer(bytes: header.encoded)), promise: nil)
    if body.readableBytes > 0 { context.write(wrapOutboundOut(body), promise: nil) }
    scheduleFlush()
  }

  /// One flush for all that is written in this turn of the loop.
  private func scheduleFlush() {
    guard !isFlushScheduled else { return }
    isFlushScheduled = true
    eventLoop.execute {
      self.isFlushScheduled = false
      self.context?.flush()
    }
  }

  // MARK: Answers

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    unwrapInboundIn(data).withUnsafeReadableBytes { all in
      var left = all
      while end == nil {
        switch reader.next(&left) {
        case .needsMore: return
        case .header(let header):
          self.header = header
          body.reserveCapacity(min(header.bodyByteCount, Self.firstGrantByteCount))
        case .body(let run): body.append(contentsOf: run)
        case .end: finishFrame()
        case .invalid(let error): violate("\(error)")
        }
      }
    }
  }

  private func finishFrame() {
    let frame = body
    body = []
    do throws(ClientError) {
      try take(header, frame)
    } catch {
      finish(error)
    }
  }

  private func take(_ header: RPCFrameHeader, _ frame: [UInt8]) throws(ClientError) {
    let isError = header.method == RPCMethod.errorAnswer
    let body = isError || !header.flags.contains(.compressed) ? frame : try uncompressed(frame)
    guard let request = outstanding[header.requestID] else {
      // An answer to nothing is an error about the whole connection, or to a call that has no answer.
      if isError, header.requestID == 0 { throw try failure(body, request: "the connection to \(peer)") }
      return
    }
    switch request {
    case .call(let method, let completion):
      let result = try answer(to: method, header, body)
      outstanding[header.requestID] = nil
      completion(result)
    case .stream(let method, let queue): try continueStream(method, queue, header, body)
    }
  }

  /// What a frame says to a call. Whatever throws leaves the call to be failed with the connection.
  private func answer(
    to method: RPCMethod, _ header: RPCFrameHeader, _ body: [UInt8]
  ) throws(ClientError) -> Result<[UInt8], ClientError> {
    let name = "\(method) to \(peer)"
    if header.method == RPCMethod.errorAnswer { return .failure(try failure(body, request: name)) }
    guard header.method == method.answer else { throw violation("\(name) got another call's answer") }
    guard !header.flags.contains(.moreFollows) else { throw violation("\(name) got a stream") }
    return .success(body)
  }

  private func continueStream(
    _ method: RPCMethod, _ queue: ChunkQueue, _ header: RPCFrameHeader, _ body: [UInt8]
  ) throws(ClientError) {
    let name = "the stream from \(peer)"
    if header.method == RPCMethod.errorAnswer {
      let failure = try failure(body, request: name)
      outstanding[header.requestID] = nil
      return queue.finish(failure)
    }
    guard header.method == method.answer else {
      throw violation("\(name) got another call's answer")
    }
    if !body.isEmpty {
      queue.push(
        TraceChunk(bytes: body, mayRepeat: header.flags.contains(.mayRepeat)),
        creditByteCount: header.bodyByteCount)
    }
    guard !header.flags.contains(.moreFollows) else { return }
    outstanding[header.requestID] = nil
    queue.finish(nil)
  }

  private func uncompressed(_ frame: [UInt8]) throws(ClientError) -> [UInt8] {
    let result = frame.withUnsafeBytes { bytes -> Result<[UInt8], LZ4Error> in
      do throws(LZ4Error) {
        return .success(try LZ4Body.uncompressed(bytes, atMost: Self.bodyByteCountMax))
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let bytes): return bytes
    case .failure(let error): throw violation("\(error)")
    }
  }

  private func failure(_ body: [UInt8], request: String) throws(ClientError) -> ClientError {
    do throws(WireError) {
      return ClientError(try RPCStatus(decoding: body), request: request)
    } catch {
      throw violation("an error answer could not be read: \(error)")
    }
  }

  // MARK: The end

  private func violation(_ what: String) -> ClientError {
    ClientError(.protocolViolation, "\(peer) broke the protocol: \(what); the connection was closed")
  }

  private func violate(_ what: String) { finish(violation(what)) }

  func channelInactive(context: ChannelHandlerContext) {
    finish(ClientError(.connectionLost, "the connection to \(peer) was closed by the server"))
    self.context = nil
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(ClientError(.connectionLost, "the connection to \(peer) was lost: \(SocketFailure(error).reason)"))
  }

  /// Ends the connection; every request that is not answered fails, each by its own name.
  func finish(_ error: ClientError) {
    guard end == nil else { return }
    end = error
    let unanswered = outstanding.sorted { $0.key < $1.key }
    outstanding = [:]
    onEnd(error)
    for (requestID, request) in unanswered {
      switch request {
      case .call(let method, let completion):
        completion(
          .failure(
            ClientError(error.code, "\(method) \(requestID) was not answered: \(error.message)")))
      case .stream(_, let queue):
        queue.finish(
          ClientError(error.code, "stream \(requestID) did not come to its end: \(error.message)"))
      }
    }
    context?.close(promise: nil)
  }

  /// Ends the connection after `timeout`, unless what is returned is cancelled before; on the event loop.
  func end(after timeout: Duration) -> Scheduled<Void> {
    eventLoop.scheduleTask(in: TimeAmount(timeout)) {
      self.finish(
        ClientError(
          .deadlineExceeded,
          "\(self.peer) accepted the connection and said nothing for \(Int(timeout / .seconds(1))) s; is it a "
            + "Spanlog server's RPC?"))
    }
  }

  /// Forgets a stream that nobody reads any more, and tells the server.
  func cancelStream(_ requestID: UInt32) {
    guard outstanding.removeValue(forKey: requestID) != nil else { return }
    tell(.cancel, CancelRequest(requestID: requestID))
  }
}
