import NIOCore
import NIOEmbedded
import SpanNet
import SpanRPC
import SpanWire
import Testing

/// What one connection may hold, and what becomes of its answers when it ends.
struct ConnectionMemoryTests {
  @Test func `answers to what one read brings are not gathered without bound`() throws {
    let connection = try EmbeddedConnection(FakeStore())
    try connection.send((0..<20_000 as Range<UInt32>).flatMap { Frame(.search, $0).bytes })
    var byteCounts: [Int] = []
    while let bytes = try connection.channel.readOutbound(as: ByteBuffer.self) {
      byteCounts.append(bytes.readableBytes)
    }
    #expect(byteCounts.reduce(0, +) > 1 << 20)
    #expect(byteCounts.allSatisfy { $0 < 65 << 10 })
  }

  private func limits(requestCount: Int) -> NetLimits {
    var limits = NetLimits()
    limits.requestCountMax = requestCount
    return limits
  }

  @Test func `what comes unasked when a client has closed its side is held within the budget`() throws {
    let store = FakeStore(isGated: true)
    let connection = try EmbeddedConnection(store, limits: limits(requestCount: 1))
    let append = Frame(.append, 1, oneSpanRequest()).bytes
    let stats = (0..<20_000 as Range<UInt32>).flatMap { Frame(.stats, $0 + 2).bytes }
    try connection.send(append + stats)
    #expect(connection.budget.takenByteCount < 1000, "as much as one read brings is not counted")
    try connection.send(stats)
    #expect(connection.budget.takenByteCount > 2 * stats.count)
    try connection.send(stats)
    #expect(try connection.frames().isEmpty)
    connection.closeInput()
    store.release()
    connection.loop.run()
    #expect(try connection.frames().count == 60_001)
    #expect(connection.budget.takenByteCount == 0)
    #expect(!connection.channel.isActive)
  }

  @Test func `a client that closed its side and sent more than there is memory for is told so`() throws {
    let store = FakeStore(isGated: true)
    let connection = try EmbeddedConnection(store, limits: limits(requestCount: 1))
    let stats = (0..<20_000 as Range<UInt32>).flatMap { Frame(.stats, $0 + 2).bytes }
    try connection.send(Frame(.append, 1, oneSpanRequest()).bytes)
    for _ in 0..<10 { try connection.send(stats) }
    let errors = try connection.frames()
    #expect(errors.map(\.status?.code) == [.resourceExhausted])
    #expect(connection.budget.takenByteCount < 1000)
    store.release()
    connection.loop.run()
    #expect(try connection.frames().map(\.header.requestID) == [1])
    #expect(connection.budget.takenByteCount == 0)
  }

  @Test func `a client that has closed its side gets what the kernel had no room for`() throws {
    let kernel = Kernel()
    let connection = try EmbeddedConnection(FakeStore(), kernel: kernel)
    kernel.isFull = true
    try connection.send(Frame(.stats, 1).bytes)
    connection.closeInput()
    #expect(connection.channel.isActive)
    kernel.isFull = false
    connection.channel.flush()
    #expect(try connection.frames().map(\.header.requestID) == [1])
    #expect(!connection.channel.isActive)
  }

  @Test func `so does one that closes its side only after the server said its last`() throws {
    let kernel = Kernel()
    let connection = try EmbeddedConnection(FakeStore(), kernel: kernel)
    kernel.isFull = true
    try connection.send([UInt8](repeating: 0, count: 12))
    connection.closeInput()
    #expect(connection.channel.isActive)
    kernel.isFull = false
    connection.channel.flush()
    #expect(try connection.frames().map(\.isError) == [true])
    #expect(!connection.channel.isActive)
  }

  @Test func `a client that takes no answers is read from no further`() throws {
    let kernel = Kernel()
    let connection = try EmbeddedConnection(FakeStore(), kernel: kernel)
    try connection.send(Frame(.stats, 1).bytes)
    let readCount = kernel.readCount
    connection.setWritable(false)
    try connection.send(Frame(.stats, 2).bytes)
    connection.wait(10)
    #expect(try connection.frames().map(\.header.requestID) == [1])
    #expect(kernel.readCount == readCount)
    connection.setWritable(true)
    #expect(try connection.frames().map(\.header.requestID) == [2])
    #expect(kernel.readCount == readCount + 1)
  }

  @Test func `an answer is sent once though its sending makes room for others`() throws {
    let store = FakeStore(isGated: true)
    let connection = try EmbeddedConnection(store, kernel: SuddenRoom())
    try connection.send(Frame(.append, 1, oneSpanRequest()).bytes)
    connection.setWritable(false)
    try connection.send(Frame(.stats, 2).bytes)
    store.release()
    connection.loop.run()
    #expect(try connection.frames().map(\.header.requestID) == [1, 2])
  }

  @Test func `a connection too many is read from until it was told so`() throws {
    var limits = NetLimits()
    limits.connectionCountMax = 0
    let connection = try EmbeddedConnection(FakeStore(), limits: limits, kernel: HalfClosing())
    #expect(try connection.frames().first?.status?.code == .resourceExhausted)
    try connection.send(Frame(.stats, 1).bytes)
    connection.wait(1)
    #expect(connection.channel.isActive)
    connection.wait(2)
    #expect(!connection.channel.isActive)
    let other = try EmbeddedConnection(FakeStore(), limits: limits, kernel: HalfClosing())
    other.closeInput()
    #expect(!other.channel.isActive)
  }
}

/// A kernel that takes nothing while it is full.
private final class Kernel: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer

  var isFull = false
  private(set) var readCount = 0

  func read(context: ChannelHandlerContext) {
    readCount += 1
    context.read()
  }

  func flush(context: ChannelHandlerContext) { if !isFull { context.flush() } }
}

/// A kernel that has room again with the first write.
private final class SuddenRoom: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    context.write(data, promise: promise)
    guard let channel = context.channel as? EmbeddedChannel, !channel.isWritable else { return }
    channel.isWritable = true
    context.fireChannelWritabilityChanged()
  }
}
