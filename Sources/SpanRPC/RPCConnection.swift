internal import NIOCore
internal import SpanEngine
internal import SpanNet
internal import SpanWire

/// One client's connection: moves bytes between the socket, `ConnectionState` and the store.
///
/// The bulk of a body is received where it stays, in a `RequestBuffer`; everything else goes through memory
/// that the connections of a loop share. The socket is read from only while the state wants bytes; what was
/// read beyond that waits in `pending`.
final class RPCConnection: ChannelInboundHandler, ReadTarget, @unchecked Sendable {
  // SAFETY: everything but `init` runs on the event loop of `loop`; others only pass the reference on.

  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let loop: ConnectionLoop
  /// Its appends go to one lane, so that they stay in order.
  let lane: Int
  var door: RPCDoor { loop.door }
  var state: ConnectionState
  var context: ChannelHandlerContext?
  /// The body that is gathered, and the bytes of the budget taken for it.
  var body: RequestBuffer?
  var heldByteCount = 0
  var wait: MemoryWait?
  var waitCount: UInt64 = 0
  var streams: [UInt32: TraceStream] = [:]
  var takesCompressed = false
  var progress = ConnectionProgress()
  /// Whether the last body was worth to be received in place; the next one probably is.
  var isBulky = false
  /// Read, and not yet wanted.
  private var pending: ByteBuffer?
  private var isConsuming = false
  private var outbound = ByteBuffer()
  private var isUnflushed = false
  private var isReadRequested = false
  private var isOutputClosed = false

  init(loop: ConnectionLoop) {
    self.loop = loop
    lane = loop.door.takeLane()
    state = ConnectionState(limits: loop.door.limits)
  }

  // MARK: Channel

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    loop.opened(self)
    if loop.isDraining { drain() }
    readIfWanted()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    loop.closed(self)
    dropBody()
    _ = state.throwAwayBody()
    for stream in streams.values { end(stream) }
    pending = nil
  }

  // Not when it becomes inactive: a connection that failed before it was active was counted too.
  func handlerRemoved(context: ChannelHandlerContext) { door.connections.giveBack() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isReadRequested = false
    var bytes = unwrapInboundIn(data)
    progress.receivedByteCount &+= UInt64(bytes.readableBytes)
    door.counters.receivedBytes.add(bytes.readableBytes)
    if pending != nil {
      pending?.writeBuffer(&bytes)
    } else {
      consume(&bytes)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    loop.flush()
    readIfWanted()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    state.isWritable = context.channel.isWritable
    progress.unwritableSince = state.isWritable ? nil : loop.eventLoop.now
    if !state.isWritable { startWatching() }
    for stream in streams.values { pump(stream) }
    resume()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    progress.isInputClosed = true
    if isOutputClosed { return abort() }
    resume()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The peer is gone or the socket is; whichever it was, nothing more can be said to it.
    context.close(promise: nil)
  }

  // MARK: Bytes in

  private func readIfWanted() {
    guard let context, pending == nil, !isReadRequested, state.wantsBytes else { return }
    isReadRequested = true
    context.read()
  }

  private func consume(_ bytes: inout ByteBuffer) {
    isConsuming = true
    let usedByteCount = bytes.withUnsafeReadableBytes { all in
      var left = all
      consume(&left)
      return all.count - left.count
    }
    isConsuming = false
    // A copy: the memory is read into again.
    pending = usedByteCount < bytes.readableBytes ? copy(bytes, from: usedByteCount) : nil
    if state.isAwaitingBytes { startWatching() }
  }

  private func copy(_ bytes: ByteBuffer, from first: Int) -> ByteBuffer {
    bytes.withUnsafeReadableBytes { ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: $0[first...])) }
  }

  func memoryForRead() -> UnsafeMutableRawBufferPointer {
    if pending == nil, state.gatheredHeader != nil, let room = body?.room,
      room.count >= ReadMemory.inPlaceByteCountMin
    {
      return room
    }
    return loop.readMemory.bytes(expectingBulk: isBulky)
  }

  private func consume(_ bytes: inout UnsafeRawBufferPointer) {
    while true {
      guard hasMemory(for: state.gatheredByteCount(of: bytes.count)) else { return }
      switch state.next(&bytes) {
      case .needsMore, .pause: return
      case .begin(let header): begin(header)
      case .gather(let run): gather(run)
      case .carryOut(let header, let method): carryOut(header, method)
      case .refuse(let requestID, let status): fail(requestID, status)
      case .end(let requestID, let status):
        fail(requestID, status)
        endStreams()
      }
    }
  }

  /// Goes on with bytes that waited, then with the socket; closes when there is nothing more to do.
  func resume() {
    guard !isConsuming, context != nil else { return }
    if var bytes = pending, state.wantsBytes {
      pending = nil
      consume(&bytes)
      if isUnflushed { flush() }
    }
    if progress.isInputClosed, pending == nil, !state.isInputClosed {
      state.inputClosed()
      dropBody()
    }
    if state.isDone, pending == nil || state.hasEnded { return close() }
    readIfWanted()
  }

  // MARK: Answers

  /// Appends an answer to what leaves with the next flush.
  func answer(_ header: RPCFrameHeader, _ bytes: [UInt8] = []) {
    guard context != nil, !isOutputClosed else { return }
    outbound.writeHeader(header)
    if !bytes.isEmpty { outbound.writeBytes(bytes) }
    if !isUnflushed {
      isUnflushed = true
      loop.needsFlush(self)
    }
  }

  /// Appends an error answer.
  func fail(_ requestID: UInt32, _ status: RPCStatus) {
    door.counters.failedRequests.add()
    let body = status.encoded
    answer(
      RPCFrameHeader(method: RPCMethod.errorAnswer, requestID: requestID, bodyByteCount: body.count), body)
  }

  func finish(_ append: ConnectionLoop.InFlightAppend, error: StoreError?) {
    state.answered(byteCount: append.bodyByteCount)
    if let error { return fail(append.requestID, RPCStatus(error)) }
    var body: [UInt8] = []
    if append.rejectedSpanCount > 0 {
      body =
        AppendAnswerBody(
          rejectedSpanCount: UInt64(append.rejectedSpanCount), message: append.rejectionMessage ?? ""
        ).encoded
    }
    answer(
      RPCFrameHeader(
        method: RPCMethod.append.answer, requestID: append.requestID, bodyByteCount: body.count), body)
  }

  func flush() {
    guard isUnflushed else { return }
    isUnflushed = false
    guard let context, outbound.readableBytes > 0 else { return }
    write(outbound, to: context)
    context.flush()
    // Keeps the memory if the kernel took all of it, else gets another.
    outbound.clear()
  }

  /// Writes whole frames that bypass `outbound`.
  func write(_ frames: ByteBuffer, to context: ChannelHandlerContext) {
    door.counters.sentBytes.add(frames.readableBytes)
    context.write(wrapOutboundOut(frames), promise: nil)
  }

  // MARK: The end

  /// Refuses new requests, and closes when those in flight are answered.
  func drain() {
    state.drain()
    resume()
  }

  /// Says that nothing more comes, and reads on for a while: a socket closed with bytes unread would take
  /// the last answers back.
  private func close() {
    guard let context, !isOutputClosed else { return readIfWanted() }
    flush()
    isOutputClosed = true
    state.endOutput()
    pending = nil
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in self.linger() }
    context.close(mode: .output, promise: written)
    // For a client that does not even read what there is.
    abort(after: door.limits.streamStallMax)
    readIfWanted()
  }

  private func linger() {
    if progress.isInputClosed { return abort() }
    abort(after: door.limits.lingerMax)
  }

  private func abort(after limit: Duration) {
    context?.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { self.abort() }
  }

  /// Closes at once.
  func abort() { context?.close(promise: nil) }
}

extension ByteBuffer {
  mutating func writeHeader(_ header: RPCFrameHeader) {
    writeWithUnsafeMutableBytes(minimumWritableBytes: RPCFrameHeader.byteCount) {
      header.encode(into: $0)
      return RPCFrameHeader.byteCount
    }
  }
}
