import NIOCore
import NIOEmbedded
import SpanModel
import SpanNet
import SpanRPC
import SpanWire
import Testing

/// What depends on time, with a clock that is turned by hand.
struct TimeTests {
  private final class Connection {
    let loop: EmbeddedEventLoop
    let channel: EmbeddedChannel
    let budget: ByteBudget
    private let server: RPCServer
    private var collector = FrameCollector()

    init(_ store: FakeStore, limits: NetLimits = NetLimits(), budgetByteCount: Int = 1 << 20) throws {
      var options = RPCServerOptions()
      options.limits = limits
      loop = EmbeddedEventLoop()
      budget = ByteBudget(byteCountMax: budgetByteCount)
      server = RPCServer(store: store, options: options, group: loop, budget: budget)
      channel = EmbeddedChannel(handler: server.makeHandler(on: loop), loop: loop)
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// Another client of the same server.
    init(beside other: Connection) throws {
      (loop, budget, server) = (other.loop, other.budget, other.server)
      channel = EmbeddedChannel(handler: server.makeHandler(on: loop), loop: loop)
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2)).wait()
    }

    func send(_ bytes: some Sequence<UInt8>) throws {
      try channel.writeInbound(ByteBuffer(bytes: bytes))
      loop.run()
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

  @Test func `a body without progress for thirty seconds ends the connection`() throws {
    let connection = try Connection(FakeStore())
    try connection.send(Frame(.append, 4, [1, 2, 3]).bytes.dropLast())
    connection.wait(29)
    #expect(try connection.frames().isEmpty)
    connection.wait(3)
    let frames = try connection.frames()
    #expect(frames.map(\.header.requestID) == [4])
    #expect(frames.first?.status?.code == .deadlineExceeded)
    connection.wait(3)
    #expect(!connection.channel.isActive)
    #expect(connection.budget.takenByteCount == 0)
  }

  @Test func `a byte now and then is progress`() throws {
    let connection = try Connection(FakeStore())
    for byte in Frame(.append, 4, oneSpanRequest()).bytes {
      try connection.send([byte])
      connection.wait(20)
    }
    #expect(try connection.frames().map(\.isError) == [false])
  }

  @Test func `a client of one byte a second holds what it sent, and keeps nobody waiting`() throws {
    let slow = try Connection(FakeStore())
    let other = try Connection(beside: slow)
    for (number, byte) in Frame(.append, 4, oneSpanRequest(paddingByteCount: 200)).bytes.enumerated() {
      try slow.send([byte])
      try other.send(Frame(.append, UInt32(number), oneSpanRequest()).bytes)
      #expect(try other.frames().map(\.header.requestID) == [UInt32(number)])
      #expect(slow.budget.takenByteCount < 300)
      slow.wait(1)
    }
    #expect(try slow.frames().map(\.isError) == [false])
    #expect(slow.budget.takenByteCount == 0)
  }

  @Test func `half a header is a frame that stands still`() throws {
    let connection = try Connection(FakeStore())
    try connection.send([1, 0, 0])
    connection.wait(40)
    #expect(try connection.frames().first?.status?.code == .deadlineExceeded)
  }

  @Test func `an idle connection stays for ever`() throws {
    let connection = try Connection(FakeStore())
    try connection.send(Frame(.append, 1, oneSpanRequest()).bytes)
    connection.wait(100_000)
    #expect(try connection.frames().count == 1)
    #expect(connection.channel.isActive)
  }

  @Test func `a request waits for memory, then is refused with a delay, and its body is thrown away`() throws
  {
    let connection = try Connection(FakeStore())
    let all = connection.budget.byteCountMax
    #expect(connection.budget.take(all))
    let bytes = Frame(.append, 1, oneSpanRequest()).bytes
    try connection.send(bytes.dropLast(5))
    connection.wait(1)
    #expect(try connection.frames().isEmpty)
    connection.wait(2)
    let status = try #require(try connection.frames().first?.status)
    #expect(status.code == .resourceExhausted)
    #expect(status.retryDelayMilliseconds == 1000)
    connection.budget.giveBack(all)
    try connection.send(bytes.suffix(5) + Frame(.append, 2, oneSpanRequest()).bytes)
    #expect(try connection.frames().map(\.header.requestID) == [2])
    #expect(connection.budget.takenByteCount == 0)
  }

  @Test func `a request goes on as soon as there is memory`() throws {
    let connection = try Connection(FakeStore())
    let all = connection.budget.byteCountMax
    #expect(connection.budget.take(all))
    try connection.send(Frame(.append, 1, oneSpanRequest()).bytes)
    connection.wait(1)
    connection.budget.giveBack(all)
    connection.loop.run()
    #expect(try connection.frames().map(\.isError) == [false])
    connection.wait(10)
    #expect(connection.budget.takenByteCount == 0)
  }

  @Test func `a body waits for memory in its middle too`() throws {
    let connection = try Connection(FakeStore(), budgetByteCount: 1 << 20)
    let bytes = Frame(.append, 1, oneSpanRequest(paddingByteCount: 700_000)).bytes
    try connection.send(bytes.prefix(1000))
    let rest = connection.budget.byteCountMax - connection.budget.takenByteCount
    #expect(connection.budget.take(rest))
    try connection.send(bytes.dropFirst(1000))
    connection.wait(1)
    #expect(try connection.frames().isEmpty)
    connection.budget.giveBack(rest)
    connection.loop.run()
    #expect(try connection.frames().map(\.isError) == [false])
    #expect(connection.budget.takenByteCount == 0)
  }

  @Test func `a connection that leaves while it waits for memory leaves nothing behind`() throws {
    let connection = try Connection(FakeStore())
    let all = connection.budget.byteCountMax
    #expect(connection.budget.take(all))
    try connection.send(Frame(.append, 1, oneSpanRequest()).bytes)
    try connection.channel.close().wait()
    connection.budget.giveBack(all)
    connection.loop.run()
    #expect(connection.budget.takenByteCount == 0)
  }

  @Test func `a stream without credit is ended after a minute`() async throws {
    var limits = NetLimits()
    limits.streamCreditByteCount = 0
    let connection = try Connection(FakeStore(), limits: limits)
    try connection.send(
      Frame(.readTrace, 6, ReadTraceRequest(traceID: .init(high: 1, low: 1)).encoded).bytes)
    connection.wait(59)
    #expect(try connection.frames().isEmpty)
    connection.wait(3)
    let frames = try connection.frames()
    #expect(frames.map(\.header.requestID) == [6])
    #expect(frames.first?.status?.code == .deadlineExceeded)
    #expect(connection.channel.isActive)
  }

  @Test func `a client that takes nothing for a minute is cut off`() throws {
    let connection = try Connection(FakeStore())
    connection.channel.isWritable = false
    connection.channel.pipeline.fireChannelWritabilityChanged()
    connection.wait(59)
    #expect(connection.channel.isActive)
    connection.wait(3)
    #expect(!connection.channel.isActive)
  }

  @Test func `a client that takes something within a minute stays`() throws {
    let connection = try Connection(FakeStore())
    for isWritable in [false, true, false, true] {
      connection.channel.isWritable = isWritable
      connection.channel.pipeline.fireChannelWritabilityChanged()
      connection.wait(50)
    }
    connection.wait(1000)
    #expect(connection.channel.isActive)
  }
}
