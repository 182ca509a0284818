internal import NIOCore
internal import SpanNet
internal import SpanWire

/// A connection beyond those there may be: is told so and closed.
///
/// What its client sends is thrown away for a while, because a socket that is closed with bytes unread may
/// take the error back. A few of them at a time: those beyond are closed at once.
final class RefusedConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let door: RPCDoor
  private var isLingering = false
  private var lingering: Scheduled<Void>?

  init(door: RPCDoor) { self.door = door }

  func channelActive(context: ChannelHandlerContext) {
    isLingering = door.refused.take()
    let context = NIOLoopBound(context, eventLoop: context.eventLoop)
    let written = context.value.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in self.linger(context.value) }
    context.value.writeAndFlush(wrapOutboundOut(frame), promise: written)
  }

  private var frame: ByteBuffer {
    let limits = door.limits
    let body =
      RPCStatus(
        .resourceExhausted,
        "the server has \(limits.connectionCountMax) connections, as many as it may; connect again later",
        retryDelayMilliseconds: limits.retryDelay.milliseconds
      ).encoded
    var frame = ByteBuffer()
    frame.writeHeader(
      RPCFrameHeader(method: RPCMethod.errorAnswer, requestID: 0, bodyByteCount: body.count))
    frame.writeBytes(body)
    return frame
  }

  private func linger(_ context: ChannelHandlerContext) {
    guard isLingering else { return context.close(promise: nil) }
    lingering = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(door.limits.lingerMax)) {
      context.close(promise: nil)
    }
    context.close(mode: .output, promise: nil)
    context.read()
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.read() }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case ChannelEvent.inputClosed? = event as? ChannelEvent else { return }
    context.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelInactive(context: ChannelHandlerContext) {
    lingering?.cancel()
    if isLingering { door.refused.giveBack() }
    isLingering = false
  }
}
