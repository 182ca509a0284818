import NIOConcurrencyHelpers
import SpanEngine
import SpanModel
import SpanNet
import SpanRPC
import SpanWire
import Testing

@Suite(.timeLimit(.minutes(10)))
struct StreamTests {
  private static let traceID = TraceID(high: 1, low: 2)
  private static let request = ReadTraceRequest(traceID: traceID, skip: 3, limit: 4).encoded

  private func store(chunkCount: Int, byteCount: Int, damage: StoreError? = nil) -> FakeStore {
    let store = FakeStore()
    let bytes = [UInt8](repeating: 0, count: byteCount)
    store.state.withLockedValue { state in
      state.chunks = (0..<chunkCount).map { AnswerChunk(bytes: bytes, mayRepeat: $0 == 1) }
      state.damage = damage
    }
    return store
  }

  private func limits(credit: Int) -> NetLimits {
    var limits = NetLimits()
    limits.streamCreditByteCount = credit
    limits.streamCountMax = 2
    return limits
  }

  @Test func `chunks come with more to follow, and an empty one at the end`() async throws {
    let store = store(chunkCount: 3, byteCount: 100)
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      try await client.send(Frame(.readTrace, 5, Self.request))
      let frames = await client.next(4)
      #expect(frames.map(\.header.method) == [0x83, 0x83, 0x83, 0x83])
      #expect(frames.map(\.body.count) == [100, 100, 100, 0])
      #expect(
        frames.map(\.header.flags) == [.moreFollows, [.moreFollows, .mayRepeat], .moreFollows, []])
      #expect(store.state.withLockedValue { $0.selections } == [.trace(Self.traceID, skip: 3, limit: 4)])
    }
  }

  @Test func `an unknown trace is one empty chunk`() async throws {
    try await TestServer.run(store(chunkCount: 0, byteCount: 0)) { server in
      let client = try await server.connect()
      try await client.send(Frame(.readTrace, 5, Self.request))
      let frame = await client.next()
      #expect(frame?.header.method == 0x83)
      #expect(frame?.header.flags == [])
      #expect(frame?.body == [])
    }
  }

  @Test func `a read of all asks for all`() async throws {
    let store = store(chunkCount: 1, byteCount: 10)
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      var request = ReadTraceRequest()
      request.all = true
      try await client.send(Frame(.readTrace, 5, request.encoded))
      #expect(await client.next(2).count == 2)
      #expect(store.state.withLockedValue { $0.selections } == [.all])
    }
  }

  @Test func `damage comes after the whole chunks, as data loss`() async throws {
    let damage = StoreError.corrupt(
      Damage(file: "x.active", position: 7, byteCount: 1, extent: .body, reason: "a checksum"))
    try await TestServer.run(store(chunkCount: 2, byteCount: 10, damage: damage)) { server in
      let client = try await server.connect()
      try await client.send(Frame(.readTrace, 5, Self.request))
      let frames = await client.next(3)
      #expect(frames.map(\.isError) == [false, false, true])
      #expect(frames.last?.status?.code == .dataLoss)
    }
  }

  @Test func `no more is read than the credit allows, and appends are answered meanwhile`() async throws {
    let store = store(chunkCount: 100, byteCount: 1000)
    try await TestServer.run(store, limits: limits(credit: 2500)) { server in
      let client = try await server.connect()
      try await client.send(Frame(.readTrace, 5, Self.request))
      #expect(await client.next(3).map(\.body.count) == [1000, 1000, 1000])
      try await client.send(Frame(.append, 6, oneSpanRequest()))
      #expect(await client.next()?.header.requestID == 6)
      #expect(store.state.withLockedValue { $0.readChunkCount } == 3)
      try await client.send(Frame(.credit, 7, CreditRequest(requestID: 5, byteCount: 1500).encoded))
      #expect(await client.next()?.header.requestID == 5)
      #expect(store.state.withLockedValue { $0.readChunkCount } == 4, "500 were owed, 1000 are left")
    }
  }

  @Test func `a cancelled stream ends with an error and is forgotten`() async throws {
    let store = store(chunkCount: 100, byteCount: 1000)
    try await TestServer.run(store, limits: limits(credit: 1000)) { server in
      let client = try await server.connect()
      try await client.send(Frame(.readTrace, 5, Self.request))
      #expect(await client.next()?.body.count == 1000)
      try await client.send(Frame(.cancel, 6, CancelRequest(requestID: 5).encoded))
      let end = await client.next()
      #expect(end?.header.requestID == 5)
      #expect(end?.status?.code == .cancelled)
      try await client.send(Frame(.stats, 7))
      let stats = try StatsAnswer(decoding: try #require(await client.next()).body)
      #expect(stats.openStreamCount == 0)
    }
  }

  @Test func `cancelled streams keep their places until nobody reads them, and are read no further`()
    async throws
  {
    let store = FakeStore(areChunksGated: true)
    store.state.withLockedValue { state in
      state.chunks = [AnswerChunk](repeating: AnswerChunk(bytes: [1], mayRepeat: false), count: 10)
    }
    var limits = NetLimits()
    limits.streamCountMax = 4
    try await TestServer.run(store, limits: limits) { server in
      let client = try await server.connect()
      try await client.send(
        (1...20).flatMap {
          Frame(.readTrace, $0, Self.request).bytes
            + Frame(.cancel, 100 + $0, CancelRequest(requestID: $0).encoded).bytes
        })
      let codes = await client.next(20).map(\.status?.code)
      #expect(codes.count { $0 == .cancelled } == 4)
      #expect(codes.count { $0 == .resourceExhausted } == 16)
      store.openChunkGate()
      var openStreamCount: UInt64 = 4
      while openStreamCount > 0 {
        try await client.send(Frame(.stats, 200))
        openStreamCount = try StatsAnswer(decoding: try #require(await client.next()).body).openStreamCount
      }
      // Two threads read: they had asked for one chunk each at the most.
      #expect(store.state.withLockedValue { $0.askedChunkCount } <= 2)
      try await client.send(Frame(.readTrace, 300, Self.request))
      #expect(await client.next(11).map(\.body.count) == [Int](repeating: 1, count: 10) + [0])
    }
  }

  @Test func `a client that closes its side and reads late gets the whole stream`() async throws {
    let store = store(chunkCount: 40, byteCount: 1 << 19)
    try await TestServer.run(store, limits: limits(credit: 1 << 40), drainMax: .seconds(60)) { server in
      let client = try await server.connect(reads: false)
      try await client.send(Frame(.readTrace, 1, Self.request))
      try await client.closeOutput()
      await eventually { store.state.withLockedValue { $0.readChunkCount } > 2 }
      try await client.readAll()
      let frames = await client.next(41)
      #expect(frames.count == 41)
      #expect(frames.map(\.body.count).reduce(0, +) == 40 << 19)
      #expect(frames.last?.header.flags == [])
      #expect(await client.next() == nil)
    }
  }

  @Test func `cancel and credit for no stream are nothing`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      try await client.send(
        Frame(.cancel, 1, CancelRequest(requestID: 99).encoded).bytes
          + Frame(.credit, 2, CreditRequest(requestID: 99, byteCount: .max).encoded).bytes
          + Frame(.stats, 3).bytes)
      #expect(await client.next()?.header.requestID == 3)
    }
  }

  @Test func `streams over the limit and twice the same id are refused`() async throws {
    let store = store(chunkCount: 100, byteCount: 1000)
    try await TestServer.run(store, limits: limits(credit: 1)) { server in
      let client = try await server.connect()
      try await client.send(Frame(.readTrace, 1, Self.request).bytes)
      #expect(await client.next()?.body.count == 1000)
      try await client.send(Frame(.readTrace, 1, Self.request))
      #expect(await client.next()?.status?.code == .invalidArgument)
      try await client.send(Frame(.readTrace, 2, Self.request))
      #expect(await client.next()?.body.count == 1000)
      try await client.send(Frame(.readTrace, 3, Self.request))
      #expect(await client.next()?.status?.code == .resourceExhausted)
    }
  }

  @Test func `a trace id of another length is refused`() async throws {
    try await TestServer.run(FakeStore()) { server in
      let client = try await server.connect()
      try await client.send(Frame(.readTrace, 1, [0x0a, 1, 7]))
      #expect(await client.next()?.status?.code == .invalidArgument)
    }
  }

  @Test func `chunks are compressed only for a client that said it takes them so`() async throws {
    try await TestServer.run(store(chunkCount: 1, byteCount: 10_000)) { server in
      let client = try await server.connect()
      var hello = HelloRequest()
      hello.takesCompressed = true
      try await client.send(Frame(.hello, 1, hello.encoded))
      _ = await client.next()
      try await client.send(Frame(.readTrace, 2, Self.request))
      let chunk = try #require(await client.next())
      #expect(chunk.header.flags == [.compressed, .moreFollows])
      let plain = try chunk.body.withUnsafeBytes { try LZ4Body.uncompressed($0, atMost: 10_000) }
      #expect(plain == [UInt8](repeating: 0, count: 10_000))
    }
  }

  @Test func `a client that never reads holds up neither others nor memory`() async throws {
    let store = store(chunkCount: 10_000, byteCount: 1 << 20)
    var limits = limits(credit: 1 << 40)
    limits.doorStreamCountMax = 10
    try await TestServer.run(store, limits: limits) { server in
      let deaf = try await server.connect(reads: false)
      try await deaf.send(Frame(.readTrace, 1, Self.request).bytes + Frame(.readTrace, 2, Self.request).bytes)
      await eventually { store.state.withLockedValue { $0.readChunkCount } > 2 }
      let other = try await server.connect()
      for number in 1...200 {
        try await other.send(Frame(.append, UInt32(number), oneSpanRequest()))
        #expect(await other.next()?.header.requestID == UInt32(number))
      }
      // What the kernel's buffers take, and two chunks per stream.
      #expect(store.state.withLockedValue { $0.readChunkCount } < 40)
      await deaf.close()
    }
  }
}
