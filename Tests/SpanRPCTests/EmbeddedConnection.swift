import NIOCore
import NIOEmbedded
import SpanNet
import SpanRPC

/// A connection without its socket, whose clock is turned by hand.
final class EmbeddedConnection {
  let loop: EmbeddedEventLoop
  let channel: EmbeddedChannel
  let budget: ByteBudget
  let server: RPCServer
  private var collector = FrameCollector()

  /// - Parameter kernel: stands between the connection and what `frames` sees.
  init(
    _ store: FakeStore, limits: NetLimits = NetLimits(), budgetByteCount: Int = 1 << 20,
    kernel: (any ChannelHandler)? = nil
  ) throws {
    var options = RPCServerOptions()
    options.limits = limits
    loop = EmbeddedEventLoop()
    budget = ByteBudget(byteCountMax: budgetByteCount)
    server = RPCServer(store: store, options: options, group: loop, budget: budget)
    let handlers = (kernel.map { [$0] } ?? []) + [server.makeHandler(on: loop)]
    channel = EmbeddedChannel(handlers: handlers, loop: loop)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
  }

  /// Another client of the same server.
  init(beside other: EmbeddedConnection) throws {
    (loop, budget, server) = (other.loop, other.budget, other.server)
    channel = EmbeddedChannel(handler: server.makeHandler(on: loop), loop: loop)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2)).wait()
  }

  func send(_ bytes: some Sequence<UInt8>) throws {
    try channel.writeInbound(ByteBuffer(bytes: bytes))
    loop.run()
  }

  /// The client sends no more.
  func closeInput() {
    channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    loop.run()
  }

  /// The kernel has room for what is written, or none.
  func setWritable(_ isWritable: Bool) {
    channel.isWritable = isWritable
    channel.pipeline.fireChannelWritabilityChanged()
  }

  func wait(_ seconds: Int64) { loop.advanceTime(by: .seconds(seconds)) }

  func frames() throws -> [Frame] {
    var frames: [Frame] = []
    while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
      frames += bytes.withUnsafeReadableBytes { collector.read($0) }
    }
    return frames
  }
}

/// Lets a connection close one side of an embedded channel, which knows only how to close both.
final class HalfClosing: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if case .output = mode { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
  }
}
