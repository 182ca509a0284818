import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SpanClient
import SpanEngine
import SpanModel
import SpanNet
import SpanRPC
import SpanWire
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ClientTests {
  private func connect(
    _ server: TestServer, options: ClientOptions = ClientOptions()
  ) async throws -> SpanlogClient {
    try await SpanlogClient.connect(
      host: server.address.host, port: server.address.port, options: options)
  }

  private func store(chunkByteCounts: [Int], damage: StoreError? = nil) -> FakeStore {
    let store = FakeStore()
    store.state.withLockedValue { state in
      state.chunks = chunkByteCounts.map {
        AnswerChunk(bytes: [UInt8](repeating: UInt8($0 & 0xff), count: $0), mayRepeat: false)
      }
      state.damage = damage
    }
    return store
  }

  @Test func `an append returns when it was answered`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await connect(server)
      let answer = try await client.append(oneSpanRequest())
      #expect(answer.rejectedSpanCount == 0)
      #expect(answer.message == "")
      await client.close()
    }
  }

  @Test func `hello and stats tell what the server says`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await connect(server)
      let description = try await client.hello()
      #expect(description.protocolVersion == 1)
      #expect(description.durability == "sync")
      #expect(description.requestByteCountMax == (64 << 20) - 8)
      #expect(try await client.stats().openConnectionCount == 1)
      await client.close()
    }
  }

  @Test(arguments: [false, true])
  func `a thousand appends from one task are all answered`(isCompressed: Bool) async throws {
    let store = FakeStore()
    try await TestServer.run(store) { server in
      var options = ClientOptions()
      options.isCompressed = isCompressed
      let client = try await connect(server, options: options)
      let answered = AnswerCount()
      for _ in 0..<1000 {
        try await client.send(oneSpanRequest(paddingByteCount: 5000)) { answered.add($0) }
      }
      try await client.flush()
      #expect(answered.successCount == 1000)
      #expect(store.state.withLockedValue { $0.submittedCount } == 1000)
      await client.close()
    }
  }

  @Test func `a full window suspends the sender until there is room`() async throws {
    let store = FakeStore(isGated: true)
    try await TestServer.run(store) { server in
      var options = ClientOptions()
      options.requestCountMax = 3
      let client = try await connect(server, options: options)
      let answered = AnswerCount()
      for _ in 0..<3 { try await client.send(oneSpanRequest()) { answered.add($0) } }
      async let fourth = client.append(oneSpanRequest())
      await eventually { store.waitingCount == 3 }
      #expect(store.state.withLockedValue { $0.submittedCount } == 3)
      store.release()
      await eventually { store.waitingCount == 1 }
      store.release()
      _ = try await fourth
      #expect(answered.successCount == 3)
      await client.close()
    }
  }

  @Test func `an append that waits for room can be cancelled`() async throws {
    let store = FakeStore(isGated: true)
    try await TestServer.run(store) { server in
      var options = ClientOptions()
      options.requestCountMax = 1
      let client = try await connect(server, options: options)
      try await client.send(oneSpanRequest()) { _ in }
      let waiting = Task { try await client.append(oneSpanRequest()) }
      waiting.cancel()
      let error = await #expect(throws: ClientError.self) { try await waiting.value }
      #expect(error?.code == .cancelled)
      await eventually { store.waitingCount == 1 }
      store.release()
      try await client.flush()
      #expect(store.state.withLockedValue { $0.submittedCount } == 1)
      await client.close()
    }
  }

  @Test func `an error answer is thrown with code, message and delay`() async throws {
    let store = FakeStore()
    store.state.withLockedValue { $0.refusal = .busy(retryAfter: .milliseconds(40)) }
    try await TestServer.run(store) { server in
      let client = try await connect(server)
      let error = await #expect(throws: ClientError.self) { try await client.append(oneSpanRequest()) }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.retryDelay == .milliseconds(40))
      #expect(error?.message.hasPrefix("Append to 127.0.0.1:") == true)
      await client.close()
    }
  }

  @Test func `closing fails every append in flight by its name`() async throws {
    let store = FakeStore(isGated: true)
    try await TestServer.run(store) { server in
      let client = try await connect(server)
      let answered = AnswerCount()
      for _ in 0..<3 { try await client.send(oneSpanRequest()) { answered.add($0) } }
      await eventually { store.waitingCount == 3 }
      await client.close()
      #expect(answered.failures.map(\.code) == [.closed, .closed, .closed])
      #expect(answered.failures.first?.message == "Append 1 was not answered: the client was closed")
      let error = await #expect(throws: ClientError.self) { try await client.append(oneSpanRequest()) }
      #expect(error?.code == .closed)
      store.release()
    }
  }

  @Test func `a lost connection fails appends and those who wait for room`() async throws {
    let store = FakeStore(isGated: true)
    var options = ClientOptions()
    options.requestCountMax = 1
    let clients = NIOLockedValueBox<[SpanlogClient]>([])
    let answered = AnswerCount()
    let waiting = NIOLockedValueBox<Task<AppendAnswer, any Error>?>(nil)
    try await TestServer.run(store) { server in
      let client = try await connect(server, options: options)
      clients.withLockedValue { $0 = [client] }
      try await client.send(oneSpanRequest()) { answered.add($0) }
      await eventually { store.waitingCount == 1 }
      waiting.withLockedValue { $0 = Task { try await client.append(oneSpanRequest()) } }
    }
    await eventually { answered.failures.count == 1 }
    #expect(answered.failures.first?.code == .connectionLost)
    let error = await #expect(throws: ClientError.self) {
      _ = try await waiting.withLockedValue { $0 }?.value
    }
    #expect(error?.code == .connectionLost)
  }

  @Test func `nobody listening is an error that says where`() async throws {
    let error = await #expect(throws: ClientError.self) {
      // Port 1 of the loopback: reserved, and nothing listens there.
      _ = try await SpanlogClient.connect(host: "127.0.0.1", port: 1)
    }
    #expect(error?.code == .connectFailed)
    #expect(error?.message.hasPrefix("cannot connect to 127.0.0.1:1: ") == true)
  }

  @Test func `a peer that accepts and says nothing is given up with its address`() async throws {
    let address = ListenAddress(host: "127.0.0.1", port: 0)
    let listener = try await Listener.listen(
      at: address, on: MultiThreadedEventLoopGroup.singleton, limits: NetLimits(),
      connected: { $0.eventLoop.makeSucceededVoidFuture() })
    let port = try #require(listener.localAddress?.port)
    let client = try await SpanlogClient.connect(host: "127.0.0.1", port: port)
    let error = await #expect(throws: ClientError.self) {
      _ = try await client.hello(timeout: .milliseconds(1))
    }
    #expect(error?.code == .deadlineExceeded)
    #expect(error?.message.contains("127.0.0.1:\(port) accepted the connection and said nothing") == true)
    try await listener.close()
  }

  @Test func `a trace larger than its credit is read whole`() async throws {
    var limits = NetLimits()
    limits.streamCreditByteCount = 10_000
    let byteCounts = (1...300).map { 1000 + $0 }
    try await TestServer.run(store(chunkByteCounts: byteCounts), limits: limits) { server in
      let client = try await connect(server)
      var read: [Int] = []
      for try await chunk in client.readTrace(TraceID(high: 1, low: 2)) { read.append(chunk.bytes.count) }
      #expect(read == byteCounts)
      await client.close()
    }
  }

  @Test func `compressed chunks come out as they went in`() async throws {
    try await TestServer.run(store(chunkByteCounts: [70_000, 300])) { server in
      var options = ClientOptions()
      options.isCompressed = true
      let client = try await connect(server, options: options)
      var read: [[UInt8]] = []
      for try await chunk in client.readAll() { read.append(chunk.bytes) }
      #expect(read == [70_000, 300].map { [UInt8](repeating: UInt8($0 & 0xff), count: $0) })
      await client.close()
    }
  }

  @Test func `an unknown trace has no chunks`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await connect(server)
      for try await _ in client.readTrace(TraceID(high: 1, low: 2)) { Issue.record("a chunk of nothing") }
      await client.close()
    }
  }

  @Test func `damage is thrown after the whole chunks`() async throws {
    let damage = StoreError.corrupt(
      Damage(file: "x.active", position: 7, byteCount: 1, extent: .body, reason: "a checksum"))
    try await TestServer.run(store(chunkByteCounts: [10, 20], damage: damage)) { server in
      let client = try await connect(server)
      var read: [Int] = []
      let error = await #expect(throws: ClientError.self) {
        for try await chunk in client.readTrace(TraceID(high: 1, low: 2)) { read.append(chunk.bytes.count) }
      }
      #expect(error?.code == .dataLoss)
      #expect(read == [10, 20])
      await client.close()
    }
  }

  @Test func `cancelling the task that reads tells the server to stop`() async throws {
    let store = FakeStore(areChunksGated: true)
    try await TestServer.run(store) { server in
      let client = try await connect(server)
      let chunks = client.readTrace(TraceID(high: 1, low: 2))
      let reading = Task { for try await _ in chunks { Issue.record("a chunk of nothing") } }
      await eventually { store.state.withLockedValue { $0.askedChunkCount } == 1 }
      reading.cancel()
      let error = await #expect(throws: ClientError.self) { try await reading.value }
      #expect(error?.code == .cancelled)
      #expect(try await client.stats().receivedRequestCount == 3, "the read, its end and this")
      store.openChunkGate()
      await client.close()
    }
  }

  private func withPeer(
    answering frames: [Frame], _ test: (SpanlogClient) async throws -> Void
  ) async throws {
    let listener = try await Listener.listen(
      at: ListenAddress(host: "127.0.0.1", port: 0), on: MultiThreadedEventLoopGroup.singleton,
      limits: NetLimits()
    ) { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(Peer(answer: frames.flatMap(\.bytes)))
      }
    }
    let port = try #require(listener.localAddress?.port)
    let client = try await SpanlogClient.connect(host: "127.0.0.1", port: port)
    try await test(client)
    await client.close()
    try await listener.close()
  }

  private static let wrongAnswers = [
    [Frame(answer: RPCMethod.stats.answer)],
    [
      Frame(answer: RPCMethod.append.answer, flags: .moreFollows),
      Frame(answer: RPCMethod.append.answer, flags: .moreFollows),
    ],
    [Frame(answer: RPCMethod.errorAnswer, body: [0xff])],
    [Frame(answer: RPCMethod.append.answer, flags: .compressed, body: [1])],
  ]

  @Test(arguments: wrongAnswers)
  func `an append that is answered wrongly fails, and the connection with it`(frames: [Frame]) async throws {
    try await withPeer(answering: frames) { client in
      let error = await #expect(throws: ClientError.self) { try await client.append(oneSpanRequest()) }
      #expect(error?.code == .protocolViolation)
      let later = await #expect(throws: ClientError.self) { try await client.append(oneSpanRequest()) }
      #expect(later?.code == .protocolViolation)
    }
  }

  @Test(arguments: [
    Frame(answer: RPCMethod.append.answer), Frame(answer: RPCMethod.errorAnswer, body: [0xff]),
  ])
  func `a stream that is answered wrongly fails, and the connection with it`(frame: Frame) async throws {
    try await withPeer(answering: [frame]) { client in
      let error = await #expect(throws: ClientError.self) {
        for try await _ in client.readTrace(TraceID(high: 1, low: 2)) { Issue.record("a chunk of nothing") }
      }
      #expect(error?.code == .protocolViolation)
    }
  }

  @Test func `leaving the loop tells the server to stop`() async throws {
    var limits = NetLimits()
    limits.streamCreditByteCount = 1
    try await TestServer.run(store(chunkByteCounts: [10, 20, 30]), limits: limits) { server in
      let client = try await connect(server)
      for try await chunk in client.readTrace(TraceID(high: 1, low: 2)) {
        #expect(chunk.bytes.count == 10)
        break
      }
      var openStreamCount: UInt64 = 1
      while openStreamCount > 0 { openStreamCount = try await client.stats().openStreamCount }
      await client.close()
    }
  }
}

/// Answers of appends, as they come.
private final class AnswerCount: Sendable {
  private let results = NIOLockedValueBox<[Result<AppendAnswer, ClientError>]>([])

  func add(_ result: Result<AppendAnswer, ClientError>) { results.withLockedValue { $0.append(result) } }

  var successCount: Int { results.withLockedValue { $0.count } - failures.count }

  var failures: [ClientError] {
    results.withLockedValue { results in
      results.compactMap { result in
        if case .failure(let error) = result { error } else { nil }
      }
    }
  }
}

/// A server that gives one answer to whatever it is asked first.
private final class Peer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let answer: [UInt8]

  init(answer: [UInt8]) { self.answer = answer }

  func channelActive(context: ChannelHandlerContext) { context.read() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer)), promise: nil)
  }
}
