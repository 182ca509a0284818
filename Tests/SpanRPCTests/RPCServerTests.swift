import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SpanEngine
import SpanModel
import SpanNet
import SpanRPC
import SpanWire
import Testing

@Suite(.timeLimit(.minutes(10)))
struct RPCServerTests {
  @Test func `an append is answered with an empty body`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      try await client.send(Frame(.append, 7, oneSpanRequest()))
      let answer = await client.next()
      #expect(answer?.header.method == 0x82)
      #expect(answer?.header.requestID == 7)
      #expect(answer?.body == [])
    }
  }

  @Test func `many requests in one piece are all answered, in the order of the store`() async throws {
    let store = FakeStore(isGated: true)
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      let requests = (0..<100).flatMap { Frame(.append, $0, oneSpanRequest()).bytes }
      try await client.send(requests + Frame(.stats, 1000).bytes)
      #expect(await client.next()?.header.requestID == 1000, "it does not wait for appends before it")
      await eventually { store.waitingCount == 100 }
      store.release()
      #expect(await client.next(100).map(\.header.requestID) == (0..<100).reversed())
    }
  }

  @Test func `one byte at a time is as good as all at once`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      let bytes = Frame(.append, 1, oneSpanRequest()).bytes + Frame(.hello, 2).bytes
      for byte in bytes { try await client.send([byte]) }
      let answers = await client.next(2)
      #expect(answers.map(\.isError) == [false, false])
      #expect(Set(answers.map(\.header.requestID)) == [1, 2])
    }
  }

  @Test func `hello tells version, durability and limits`() async throws {
    var limits = NetLimits()
    limits.frameByteCountMax = 1 << 20
    try await TestServer.run(FakeStore(), limits: limits) { server in
      let client = try await server.connect()
      try await client.send(Frame(.hello, 1))
      let frame = try #require(await client.next())
      let answer = try HelloAnswer(decoding: frame.body)
      #expect(answer.version == 1)
      #expect(answer.durability == "sync")
      #expect(answer.frameByteCountMax == 1 << 20)
      #expect(answer.streamCreditByteCount == UInt64(limits.streamCreditByteCount))
    }
  }

  @Test func `hello of another version is refused`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      var hello = HelloRequest()
      hello.versions = [2, 3]
      try await client.send(Frame(.hello, 1, hello.encoded))
      #expect(await client.next()?.status?.code == .unimplemented)
    }
  }

  @Test func `bytes that are no request are refused by position, and the connection goes on`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      try await client.send(
        Frame(.append, 1, [0x0a, 0x7f]).bytes + Frame(.append, 2, oneSpanRequest()).bytes)
      let answers = await client.next(2)
      let refused = answers.first { $0.header.requestID == 1 }
      #expect(refused?.status?.code == .invalidArgument)
      #expect(refused?.status?.message.contains("at byte") == true)
      #expect(answers.first { $0.header.requestID == 2 }?.isError == false)
    }
  }

  @Test func `a small request's body that is no protobuf is refused`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      for method in [RPCMethod.hello, .readTrace, .deleteTrace, .cancel, .credit] {
        try await client.send(Frame(method, 3, [0xff]))
        let answer = await client.next()
        #expect(answer?.status?.code == .invalidArgument, "\(method)")
        #expect(answer?.header.requestID == 3)
      }
    }
  }

  @Test(arguments: [0, 15, 17])
  func `a deletion whose trace id is not 16 bytes is refused, and nothing is deleted`(byteCount: Int)
    async throws
  {
    let store = FakeStore()
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      var request = DeleteTraceRequest()
      request.traceIDBytes = [UInt8](repeating: 1, count: byteCount)
      try await client.send(Frame(.deleteTrace, 4, request.encoded))
      let answer = await client.next()
      #expect(answer?.header.requestID == 4)
      #expect(answer?.status?.code == .invalidArgument)
      #expect(answer?.status?.message == "the trace id has \(byteCount) bytes, 16 are required")
      try await client.send(
        Frame(.deleteTrace, 5, DeleteTraceRequest(traceID: TraceID(high: 1, low: 7)).encoded))
      let next = try #require(await client.next())
      #expect(next.header == RPCFrameHeader(method: 0x85, requestID: 5, bodyByteCount: 2))
      #expect(try DeleteTraceAnswer(decoding: next.body).hiddenSpanCount == 7)
    }
    #expect(store.state.withLockedValue { $0.deleted } == [TraceID(high: 1, low: 7)])
  }

  @Test func `deletions take places of streams while they wait, and one too many is to be sent again`()
    async throws
  {
    let store = FakeStore(areChunksGated: true)
    var limits = NetLimits()
    limits.streamCountMax = 2
    try await TestServer.run(store, limits: limits) { server in
      let client = try await server.connect()
      let body = DeleteTraceRequest(traceID: TraceID(high: 1, low: 7)).encoded
      try await client.send(Frame(.deleteTrace, 1, body).bytes + Frame(.deleteTrace, 2, body).bytes)
      try await client.send(Frame(.deleteTrace, 3, body))
      let refused = await client.next()
      #expect(refused?.header.requestID == 3 && refused?.status?.code == .resourceExhausted)
      #expect(refused?.status?.retryDelayMilliseconds ?? 0 > 0)
      store.openChunkGate()
      #expect(Set(await client.next(2).map(\.header.requestID)) == [1, 2])
      // The places are free again.
      for number in 4...9 {
        try await client.send(Frame(.deleteTrace, UInt32(number), body))
        #expect(await client.next()?.isError == false)
      }
    }
  }

  @Test func `a deletion that the store refuses is answered with the reason, and the connection goes on`()
    async throws
  {
    let store = FakeStore()
    store.state.withLockedValue { $0.refusal = .tooManyTombstones(count: 9) }
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      let body = DeleteTraceRequest(traceID: TraceID(high: 1, low: 7)).encoded
      try await client.send(Frame(.deleteTrace, 1, body))
      let answer = await client.next()
      #expect(answer?.status?.code == .resourceExhausted)
      #expect(answer?.status?.message.contains("9 deletions are in force") == true)
      try await client.send(Frame(.stats, 2))
      #expect(await client.next()?.isError == false)
    }
  }

  @Test func `a frame over the limit gets its error before the connection closes`() async throws {
    var limits = NetLimits()
    limits.frameByteCountMax = 1008
    try await TestServer.run(FakeStore(), limits: limits) { server in
      let client = try await server.connect()
      client.push(Frame(.append, 9, [UInt8](repeating: 0, count: 200_000)).bytes)
      let answer = await client.next()
      #expect(answer?.header.requestID == 9)
      #expect(answer?.status?.code == .invalidArgument)
      #expect(answer?.status?.message.contains("at most 1000") == true)
      #expect(await client.next() == nil)
    }
  }

  @Test func `answers of earlier requests still come after such an error`() async throws {
    let store = FakeStore(isGated: true)
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      try await client.send(Frame(.append, 1, oneSpanRequest()).bytes + [0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0])
      #expect(await client.next()?.status?.code == .invalidArgument)
      store.release()
      #expect(await client.next()?.header.requestID == 1)
      #expect(await client.next() == nil)
    }
  }

  @Test func `a busy store is told as a retryable error`() async throws {
    let store = FakeStore()
    store.state.withLockedValue { $0.refusal = .busy(retryAfter: .milliseconds(250)) }
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      try await client.send(Frame(.append, 1, oneSpanRequest()))
      let status = await client.next()?.status
      #expect(status?.code == .resourceExhausted)
      #expect(status?.retryDelayMilliseconds == 250)
      await eventually { server.budget.takenByteCount == 0 }
    }
  }

  @Test func `a failed commit is told to each of its requests`() async throws {
    let store = FakeStore(isGated: true)
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      try await client.send((1...3).flatMap { Frame(.append, $0, oneSpanRequest()).bytes })
      await eventually { store.waitingCount == 3 }
      store.release(error: .stopped(reason: "the disk is gone"))
      #expect(await client.next(3).map(\.status?.code) == [.unavailable, .unavailable, .unavailable])
    }
  }

  @Test func `a compressed append is taken, a broken one refused`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      let body = try #require(
        oneSpanRequest(paddingByteCount: 90_000).withUnsafeBytes { LZ4Body.compressed($0) })
      try await client.send(Frame(.append, 1, body, flags: .compressed))
      #expect(await client.next()?.header.method == 0x82)
      try await client.send(Frame(.append, 2, Array(body.dropLast()), flags: .compressed))
      #expect(await client.next()?.status?.code == .invalidArgument)
      await eventually { server.budget.takenByteCount == 0 }
    }
  }

  @Test(arguments: [(200_000, 300_000), (600_000, 800_000)])
  func `a compressed append takes its plain size once, beside what came`(
    paddingByteCount: Int, budgetByteCount: Int
  ) async throws {
    try await TestServer.run(FakeStore(), budgetByteCount: budgetByteCount) { server in
      let client = try await server.connect()
      let body = try #require(
        oneSpanRequest(paddingByteCount: paddingByteCount).withUnsafeBytes { LZ4Body.compressed($0) })
      try await client.send(Frame(.append, 1, body, flags: .compressed))
      #expect(await client.next()?.header.method == 0x82)
      await eventually { server.budget.takenByteCount == 0 }
    }
  }

  @Test func `a compressed append that could never fit is not told to come again`() async throws {
    try await TestServer.run(FakeStore(), budgetByteCount: 300_000) { server in
      let client = try await server.connect()
      let body = try #require(
        oneSpanRequest(paddingByteCount: 400_000).withUnsafeBytes { LZ4Body.compressed($0) })
      try await client.send(Frame(.append, 1, body, flags: .compressed))
      let status = await client.next()?.status
      #expect(status?.code == .invalidArgument && status?.retryDelayMilliseconds == 0)
      await eventually { server.budget.takenByteCount == 0 }
    }
  }

  @Test func `a client that sends its last byte gets its answers, then the end`() async throws {
    let store = FakeStore(isGated: true)
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      try await client.send(Frame(.append, 1, oneSpanRequest()))
      try await client.closeOutput()
      await eventually { store.waitingCount == 1 }
      store.release()
      #expect(await client.next()?.header.requestID == 1)
      #expect(await client.next() == nil)
    }
  }

  @Test func `memory of a client that leaves is given back`() async throws {
    let store = FakeStore(isGated: true)
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      let half = Frame(.append, 2, [UInt8](repeating: 0, count: 100_000)).bytes.prefix(50_000)
      try await client.send(Frame(.append, 1, oneSpanRequest()).bytes + half)
      await eventually { server.budget.takenByteCount > 50_000 }
      await client.close()
      await eventually { server.budget.takenByteCount < 50_000 }
      store.release()
      await eventually { server.budget.takenByteCount == 0 }
    }
  }

  @Test func `connections over the limit are told so`() async throws {
    var limits = NetLimits()
    limits.connectionCountMax = 2
    try await TestServer.run(FakeStore(), limits: limits) { server in
      let clients = [try await server.connect(), try await server.connect()]
      for client in clients {
        try await client.send(Frame(.stats, 1))
        #expect(await client.next()?.isError == false)
      }
      let third = try await server.connect()
      #expect(await third.next()?.status?.code == .resourceExhausted)
      #expect(await third.next() == nil)
    }
  }

  @Test func `hundreds of connections are served at a time`() async throws {
    try await TestServer.run(FakeStore()) { server in
      try await withThrowingTaskGroup(of: Bool.self) { tasks in
        for number in 0..<300 {
          tasks.addTask {
            let client = try await server.connect()
            try await client.send(Frame(.append, UInt32(number), oneSpanRequest()))
            let answer = await client.next()
            await client.close()
            return answer?.header.requestID == UInt32(number)
          }
        }
        for try await isRight in tasks { #expect(isRight) }
      }
    }
  }

  @Test func `stats count requests and connections`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      try await client.send(Frame(.append, 1, [0xff]))
      _ = await client.next()
      try await client.send(Frame(.stats, 2))
      let frame = try #require(await client.next())
      let stats = try StatsAnswer(decoding: frame.body)
      #expect(stats.durability == "sync")
      #expect(stats.openConnectionCount == 1)
      #expect(stats.receivedRequestCount == 2)
      #expect(stats.failedRequestCount == 1)
      #expect(stats.receivedByteCount == 25)
    }
  }

  @Test func `a drain answers what is in flight, refuses the rest and closes`() async throws {
    let store = FakeStore(isGated: true)
    try await TestServer.run(store, drainMax: .seconds(30)) { server in
      let client = try await server.connect()
      try await client.send(Frame(.append, 1, oneSpanRequest()))
      await eventually { store.waitingCount == 1 }
      async let drained: Void = server.server.drain()
      var answer: Frame?
      repeat {
        try await client.send(Frame(.stats, 2))
        answer = await client.next()
      } while answer?.isError == false
      #expect(answer?.status?.code == .unavailable)
      #expect(answer?.status?.retryDelayMilliseconds == 1000)
      store.release()
      #expect(await client.next()?.header.requestID == 1)
      #expect(await client.next() == nil)
      await drained
      await #expect(throws: (any Error).self) { try await server.connect() }
    }
  }

  @Test func `idle connections do not hold a drain up`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      try await client.send(Frame(.stats, 1))
      _ = await client.next()
      await server.server.drain()
      #expect(await client.next() == nil)
    }
  }

  @Test func `an address in use is an error that names it`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
      var options = RPCServerOptions()
      options.address = server.address
      let second = RPCServer(store: FakeStore(), options: options, group: group)
      let error = await #expect(throws: ListenError.self) { try await second.start() }
      #expect(error?.description.hasPrefix("cannot listen at \(server.address): ") == true)
      await second.drain()
      try await group.shutdownGracefully()
    }
  }

  @Test func `run serves until its task is cancelled`() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var options = RPCServerOptions()
    options.address = ListenAddress(host: "127.0.0.1", port: 0)
    let (addresses, bound) = AsyncStream.makeStream(of: ListenAddress.self)
    let server = RPCServer(store: FakeStore(), options: options, group: group) { bound.yield($0) }
    let running = Task { try await server.run() }
    var iterator = addresses.makeAsyncIterator()
    let client = try await RawClient.connect(to: try #require(await iterator.next()))
    try await client.send(Frame(.append, 1, oneSpanRequest()))
    #expect(await client.next()?.isError == false)
    running.cancel()
    try await running.value
    #expect(await client.next() == nil)
    try await group.shutdownGracefully()
  }

  @Test func `the budget of all connections holds back those that come last`() async throws {
    let store = FakeStore(isGated: true)
    let body = oneSpanRequest(paddingByteCount: 100_000)
    try await TestServer.run(store, budgetByteCount: 600_000) { server in
      let clients = [try await server.connect(), try await server.connect(), try await server.connect()]
      for client in clients { client.push(Frame(.append, 1, body).bytes) }
      // A buffer for each takes 256 KiB: two fit, and the third gets its turn when they are answered.
      await eventually { store.waitingCount == 2 }
      store.release()
      await eventually { store.waitingCount == 1 }
      store.release()
      for client in clients { #expect(await client.next()?.isError == false) }
      await eventually { server.budget.takenByteCount == 0 }
    }
  }
}
