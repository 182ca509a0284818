import NIOCore
import NIOPosix
import SpanNet
import SpanWire

/// A client that sends any bytes and tells the frames that come back.
final class RawClient: Sendable {
  private let channel: any Channel
  private let frames: FrameInbox

  private init(channel: any Channel, frames: FrameInbox) {
    self.channel = channel
    self.frames = frames
  }

  /// - Parameter reads: `false` leaves everything the server sends in the kernel.
  static func connect(to address: ListenAddress, reads: Bool = true) async throws -> RawClient {
    let inbox = FrameInbox()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: reads)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(FrameHandler(inbox: inbox))
        }
      }
      .connect(host: address.host, port: address.port).get()
    return RawClient(channel: channel, frames: inbox)
  }

  /// Sends bytes and waits until the kernel has them.
  func send(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  /// Sends bytes without waiting.
  func push(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

  func send(_ frame: Frame) async throws { try await send(frame.bytes) }

  /// The next frame; `nil` when the server has closed the connection.
  func next() async -> Frame? { await frames.next() }

  func next(_ count: Int) async -> [Frame] {
    var all: [Frame] = []
    for _ in 0..<count {
      guard let frame = await next() else { break }
      all.append(frame)
    }
    return all
  }

  /// Begins to read.
  func readAll() async throws { try await channel.setOption(.autoRead, value: true).get() }

  func closeOutput() async throws { try await channel.close(mode: .output) }

  func close() async { try? await channel.close() }
}

/// Frames on their way from the event loop to the test.
private final class FrameInbox: Sendable {
  private let stream: AsyncStream<Frame>
  private let input: AsyncStream<Frame>.Continuation

  init() { (stream, input) = AsyncStream.makeStream() }

  func add(_ frame: Frame) { input.yield(frame) }

  func finish() { input.finish() }

  func next() async -> Frame? {
    var iterator = stream.makeAsyncIterator()
    return await iterator.next()
  }
}

private final class FrameHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let inbox: FrameInbox
  private var collector = FrameCollector()

  init(inbox: FrameInbox) { self.inbox = inbox }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
      for frame in collector.read(bytes) { inbox.add(frame) }
    }
  }

  func channelInactive(context: ChannelHandlerContext) { inbox.finish() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
