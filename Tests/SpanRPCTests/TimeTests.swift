import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import SpanModel
import SpanNet
import SpanRPC
import SpanWire
import Testing

/// What depends on time, with a clock that is turned by hand.
struct TimeTests {
  @Test func `a body without progress for thirty seconds ends the connection`() throws {
    let connection = try EmbeddedConnection(FakeStore())
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
    let connection = try EmbeddedConnection(FakeStore())
    for byte in Frame(.append, 4, oneSpanRequest()).bytes {
      try connection.send([byte])
      connection.wait(20)
    }
    #expect(try connection.frames().map(\.isError) == [false])
  }

  @Test func `a client of one byte a second holds what it sent, and keeps nobody waiting`() throws {
    let slow = try EmbeddedConnection(FakeStore())
    let other = try EmbeddedConnection(beside: slow)
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
    let connection = try EmbeddedConnection(FakeStore())
    try connection.send([1, 0, 0])
    connection.wait(40)
    #expect(try connection.frames().first?.status?.code == .deadlineExceeded)
  }

  @Test func `an idle connection stays for ever`() throws {
    let connection = try EmbeddedConnection(FakeStore())
    try connection.send(Frame(.append, 1, oneSpanRequest()).bytes)
    connection.wait(100_000)
    #expect(try connection.frames().count == 1)
    #expect(connection.channel.isActive)
  }

  @Test func `a request waits for memory, then is refused with a delay, and its body is thrown away`() throws
  {
    let connection = try EmbeddedConnection(FakeStore())
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
    let connection = try EmbeddedConnection(FakeStore())
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

  @Test(arguments: [false, true])
  func `a request without a body waits for memory as others do`(isInputClosed: Bool) throws {
    let connection = try EmbeddedConnection(FakeStore())
    let all = connection.budget.byteCountMax
    #expect(connection.budget.take(all))
    try connection.send(Frame(.stats, 1).bytes)
    if isInputClosed { connection.closeInput() }
    connection.wait(1)
    #expect(try connection.frames().isEmpty)
    connection.budget.giveBack(all)
    connection.loop.run()
    #expect(try connection.frames().map(\.isError) == [false])
    #expect(connection.channel.isActive == !isInputClosed)
  }

  @Test func `a request without a body that gets no memory is refused, and the next is answered`() throws {
    let connection = try EmbeddedConnection(FakeStore())
    let all = connection.budget.byteCountMax
    #expect(connection.budget.take(all))
    try connection.send(Frame(.stats, 1).bytes)
    connection.wait(3)
    #expect(try connection.frames().first?.status?.code == .resourceExhausted)
    connection.budget.giveBack(all)
    try connection.send(Frame(.stats, 2).bytes)
    #expect(try connection.frames().map(\.header.requestID) == [2])
  }

  @Test func `a body waits for memory in its middle too`() throws {
    let connection = try EmbeddedConnection(FakeStore(), budgetByteCount: 1 << 20)
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
    let connection = try EmbeddedConnection(FakeStore())
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
    let connection = try EmbeddedConnection(FakeStore(), limits: limits)
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
    let connection = try EmbeddedConnection(FakeStore())
    connection.setWritable(false)
    connection.wait(59)
    #expect(connection.channel.isActive)
    connection.wait(3)
    #expect(!connection.channel.isActive)
  }

  @Test func `a client that takes something within a minute stays`() throws {
    let connection = try EmbeddedConnection(FakeStore())
    for isWritable in [false, true, false, true] {
      connection.setWritable(isWritable)
      connection.wait(50)
    }
    connection.wait(1000)
    #expect(connection.channel.isActive)
  }

  @Test func `a client that reads slowly but steadily stays, and so does its stream`() throws {
    var limits = NetLimits()
    limits.streamCreditByteCount = 0
    let connection = try EmbeddedConnection(FakeStore(), limits: limits)
    let request = ReadTraceRequest(traceID: .init(high: 1, low: 1)).encoded
    let credit = Frame(.credit, 2, CreditRequest(requestID: 1, byteCount: 1).encoded).bytes
    try connection.send(Frame(.readTrace, 1, request).bytes + credit.dropLast())
    connection.setWritable(false)
    try connection.send(credit.suffix(1))
    // What an embedded channel was not told to flush stands for what the kernel has not taken.
    for byteCount in stride(from: 1000, to: 0, by: -200) {
      connection.channel.write(ByteBuffer(repeating: 0, count: byteCount), promise: nil)
      connection.wait(50)
      connection.channel.flush()
    }
    while let bytes = try connection.channel.readOutbound(as: ByteBuffer.self) {
      #expect(bytes.readableBytesView.allSatisfy { $0 == 0 }, "an error among what the test wrote")
    }
    #expect(connection.channel.isActive)
    connection.wait(70)
    #expect(!connection.channel.isActive)
  }

  @Test func `a client that does not take its last answers is waited for no longer than a minute`() throws {
    let connection = try EmbeddedConnection(FakeStore(), kernel: StuckKernel())
    try connection.send(Frame(.stats, 1).bytes)
    connection.closeInput()
    connection.wait(59)
    #expect(connection.channel.isActive)
    connection.wait(3)
    #expect(!connection.channel.isActive)
  }

  @Test(arguments: [false, true])
  func `a connection that has closed is not kept for a clock`(isItsFault: Bool) throws {
    weak var handler: AnyObject?
    let loop = EmbeddedEventLoop()
    let server = RPCServer(store: FakeStore(), options: RPCServerOptions(), group: loop)
    do {
      let made = server.makeHandler(on: loop)
      handler = made
      let channel = EmbeddedChannel(handlers: [HalfClosing(), made], loop: loop)
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
      try channel.writeInbound(
        ByteBuffer(bytes: isItsFault ? [UInt8](repeating: 0, count: 12) : Frame(.stats, 1).bytes))
      channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
      loop.run()
      #expect(!channel.isActive)
    }
    #expect(handler == nil)
  }

  @Test func `a body that comes slowly makes room for those who wait`() throws {
    let slow = try EmbeddedConnection(FakeStore())
    let bytes = Frame(.append, 4, oneSpanRequest(paddingByteCount: 900_000)).bytes
    // All of its memory is granted, since that doubles each time.
    for range in [0..<300_000, 300_000..<700_000] { try slow.send(bytes[range]) }
    #expect(slow.budget.takenByteCount > bytes.count - RPCFrameHeader.byteCount)
    slow.wait(10)
    let isServed = NIOLockedValueBox(false)
    _ = slow.budget.wait(for: 500_000) { isServed.withLockedValue { $0 = true } }
    var statuses: [RPCStatus?] = []
    for place in 700_000..<700_012 {
      try slow.send([bytes[place]])
      slow.wait(1)
      statuses += try slow.frames().map(\.status)
    }
    #expect(statuses.map(\.?.code) == [.resourceExhausted])
    #expect(isServed.withLockedValue { $0 })
    try slow.send(bytes.dropFirst(700_012) + Frame(.stats, 5).bytes)
    #expect(try slow.frames().map(\.header.requestID) == [5])
  }

  @Test func `a body that comes fast enough keeps its memory though others wait`() throws {
    let fast = try EmbeddedConnection(FakeStore())
    let bytes = Frame(.append, 4, oneSpanRequest(paddingByteCount: 1_000_000)).bytes
    // All of its memory is granted, since that doubles each time.
    for range in [0..<300_000, 300_000..<550_000] { try fast.send(bytes[range]) }
    #expect(fast.budget.takenByteCount > bytes.count - RPCFrameHeader.byteCount)
    _ = fast.budget.wait(for: 500_000) {}
    for start in stride(from: 550_000, to: bytes.count, by: 70_000) {
      fast.wait(1)
      try fast.send(bytes[start..<min(bytes.count, start + 70_000)])
    }
    #expect(try fast.frames().map(\.isError) == [false])
  }
}

/// A kernel that takes nothing.
private final class StuckKernel: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer

  func flush(context: ChannelHandlerContext) {}
}
