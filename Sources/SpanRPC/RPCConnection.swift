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
  var maintenances: [UInt32: MaintainStream] = [:]
  /// The streams, and ended ones that are still being read.
  var streamCount = 0
  var takesCompressed = false
  var progress = ConnectionProgress()
  /// Whether the last body was worth to be received in place; the next one probably is.
  var isBulky = false
  /// Read, and not yet wanted; empty while a complete request waits for memory.
  var pending: ByteBuffer?
  /// Bytes of the budget taken for those that were read without having been asked for.
  var pendingHeldByteCount = 0
  var isConsuming = false
  var outbound = ByteBuffer()
  var isUnflushed = false
  var isReadRequested = false
  /// The last answer was written, though perhaps not yet taken by the kernel.
  var isOutputClosed = false
  /// The kernel has taken it.
  var isOutputWritten = false
  var lingering: Scheduled<Void>?

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
    lingering?.cancel()
    dropBody()
    _ = state.throwAwayBody()
    endStreams()
    dropPending()
  }

  // Not when it becomes inactive: a connection that failed before it was active was counted too.
  func handlerRemoved(context: ChannelHandlerContext) { door.connections.giveBack() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isReadRequested = false
    let bytes = unwrapInboundIn(data)
    progress.receivedByteCount &+= UInt64(bytes.readableBytes)
    door.counters.receivedBytes.add(bytes.readableBytes)
    take(bytes)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    loop.flush()
    readIfWanted()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    state.isWritable = context.channel.isWritable
    progress.takesNothingSince = loop.eventLoop.now
    if !state.isWritable { startWatching() }
    for stream in streams.values { pump(stream) }
    resume()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    progress.isInputClosed = true
    guard isOutputClosed else { return resume() }
    // Before that, closing would take back what the kernel has not taken yet.
    if isOutputWritten { abort() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The peer is gone or the socket is; whichever it was, nothing more can be said to it.
    context.close(promise: nil)
  }
}
