import SpanClient
import SpanModel
import SpanNet
import SpanRPC
import SpanWire
import Testing

/// What a client may do wrong: it gets a clear error, and nobody else feels it.
@Suite(.timeLimit(.minutes(10)))
struct BadInputTests {
  struct Garbage: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let bytes: [UInt8]
    let error: String
    var endsConnection = true
  }

  static let garbage = [
    Garbage(
      testDescription: "HTTP", bytes: Array("GET /v1/traces HTTP/1.1\r\nHost: x\r\n\r\n".utf8),
      error: "a frame's body has 542393663 bytes, at most 67108856 are taken"),
    Garbage(
      testDescription: "zeroes", bytes: [UInt8](repeating: 0, count: 4096),
      error: "a frame's length is 0, at least 8 is required"),
    Garbage(
      testDescription: "ones", bytes: [UInt8](repeating: 255, count: 4096),
      error: "a frame's body has 4294967287 bytes, at most 67108856 are taken"),
    Garbage(
      testDescription: "TLS", bytes: [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0x51],
      error: "protocol version 0 is unknown",
      endsConnection: false),
    Garbage(
      testDescription: "HTTP/2 preface", bytes: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8),
      error: "a frame's body has 541676104 bytes, at most 67108856 are taken"),
  ]

  @Test(arguments: garbage)
  func `bytes that are no frame are told so`(garbage: Garbage) async throws {
    try await Bystander.watch { server, bystander in
      let client = try await server.connect()
      client.push(garbage.bytes)
      let status = await client.next()?.status
      #expect(status?.message.contains(garbage.error) == true, "\(status?.message ?? "no error")")
      if garbage.endsConnection { #expect(await client.next() == nil) }
      await bystander.goOn()
      await client.close()
    }
  }

  @Test func `a frame that its client cuts off anywhere leaves nothing behind`() async throws {
    try await Bystander.watch { server, bystander in
      let bytes = Frame(.append, 1, oneSpanRequest(paddingByteCount: 70_000)).bytes
      for byteCount in [1, 4, 11, 12, 13, 40, 1000, 65_536, bytes.count - 1] {
        let client = try await server.connect()
        try await client.send(Array(bytes.prefix(byteCount)))
        await client.close()
      }
      await bystander.goOn()
      let reader = try await server.connect()
      let traceID = TraceID(high: 0xabab_abab_abab_abab, low: 0xabab_abab_abab_abab)
      try await reader.send(Frame(.readTrace, 1, ReadTraceRequest(traceID: traceID).encoded))
      #expect(await reader.next()?.body == [])
      await reader.close()
    }
  }

  @Test(
    arguments: [
      [0x0a], [0x0a, 5, 1], [0x0b, 0x08, 1], [0x0e], [0x0f, 0], [0, 0], [UInt8](repeating: 0xff, count: 11),
      [0x0a, 4, 0x12, 7, 0x12, 0], [0x0a, 6, 0x12, 4, 0x12, 9, 0x0a, 1], [0x0c],
    ])
  func `a body that is no request is refused by its byte, and the connection goes on`(body: [UInt8])
    async throws
  {
    try await Bystander.watch { server, _ in
      let client = try await server.connect()
      try await client.send(Frame(.append, 1, body))
      let status = await client.next()?.status
      #expect(status?.code == .invalidArgument)
      #expect(status?.message.contains("at byte") == true, "\(status?.message ?? "no error")")
      try await client.send(Frame(.append, 2, oneSpanRequest()))
      #expect(await client.next()?.isError == false)
      await client.close()
    }
  }

  @Test(
    arguments: [
      (0, 8, "its trace id is not 16 bytes long"), (15, 8, "its trace id is not 16 bytes long"),
      (17, 8, "its trace id is not 16 bytes long"), (16, 0, "its span id is not 8 bytes long"),
      (16, 7, "its span id is not 8 bytes long"), (16, 9, "its span id is not 8 bytes long"),
    ])
  func `a span with an id of another length is refused, the one beside it stored`(
    traceIDByteCount: Int, spanIDByteCount: Int, reason: String
  ) async throws {
    try await expectRefusal(
      traceID: [UInt8](repeating: 7, count: traceIDByteCount),
      spanID: [UInt8](repeating: 9, count: spanIDByteCount),
      reason)
  }

  @Test(arguments: [(0, 9, "its trace id is all zero"), (7, 0, "its span id is all zero")])
  func `a span with an id of zeroes is refused, the one beside it stored`(
    traceByte: UInt8, spanByte: UInt8, reason: String
  ) async throws {
    try await expectRefusal(
      traceID: [UInt8](repeating: traceByte, count: 16), spanID: [UInt8](repeating: spanByte, count: 8),
      reason)
  }

  private func expectRefusal(traceID: [UInt8], spanID: [UInt8], _ reason: String) async throws {
    try await Bystander.watch { server, _ in
      let client = try await SpanlogClient.connect(host: server.address.host, port: server.address.port)
      var bad = ProtobufWriter()
      bad.writeBytes(traceID, field: 1)
      bad.writeBytes(spanID, field: 2)
      var scope = ProtobufWriter()
      scope.writeBytes(bad.bytes, field: 2)
      var resource = ProtobufWriter()
      resource.writeBytes(scope.bytes, field: 2)
      var request = ProtobufWriter()
      request.writeBytes(resource.bytes, field: 1)
      let answer = try await client.append(request.bytes + oneSpanRequest())
      #expect(answer.rejectedSpanCount == 1)
      #expect(answer.message.hasSuffix(reason), "\(answer.message)")
      await client.close()
    }
  }

  @Test func `a request of 64 MiB is stored and read back, one byte more is refused`() async throws {
    try await Bystander.watch { server, bystander in
      let client = try await SpanlogClient.connect(host: server.address.host, port: server.address.port)
      let bodyByteCountMax = (64 << 20) - RPCFrameHeader.countedByteCount
      let overhead = oneSpanRequest(paddingByteCount: bodyByteCountMax - 100).count - (bodyByteCountMax - 100)
      let request = oneSpanRequest(paddingByteCount: bodyByteCountMax - overhead)
      #expect(request.count == bodyByteCountMax)
      #expect(try await client.append(request).rejectedSpanCount == 0)
      await bystander.goOn()
      var read: [UInt8] = []
      let traceID = TraceID(high: 0xabab_abab_abab_abab, low: 0xabab_abab_abab_abab)
      for try await chunk in client.readTrace(traceID) { read += chunk.bytes }
      #expect(read == request)
      await client.close()
      let raw = try await server.connect()
      let header = RPCFrameHeader(method: 2, requestID: 9, bodyByteCount: bodyByteCountMax + 1)
      raw.push(header.encoded + [UInt8](repeating: 0, count: 1000))
      let answer = await raw.next()
      #expect(answer?.header.requestID == 9)
      #expect(
        answer?.status?.message.contains("a frame's body has 67108857 bytes, at most 67108856 are taken")
          == true)
      #expect(await raw.next() == nil)
    }
  }

  @Test func `a thousand idle connections are nothing to the one that is not`() async throws {
    try await Bystander.watch { server, bystander in
      var idle: [RawClient] = []
      for _ in 0..<1000 { idle.append(try await server.connect()) }
      await bystander.goOn()
      try await idle[500].send(Frame(.stats, 1))
      let frame = try #require(await idle[500].next())
      #expect(try StatsAnswer(decoding: frame.body).openConnectionCount == 1001)
      for client in idle { await client.close() }
    }
  }

  @Test func `clients that never read their answers keep nobody else waiting`() async throws {
    var limits = NetLimits()
    limits.outboundByteCountMax = 64 << 10
    try await Bystander.watch(limits: limits) { server, bystander in
      let deaf = [try await server.connect(reads: false), try await server.connect(reads: false)]
      // Each answer repeats that a span was refused: 100 bytes for a request of 30.
      let requests = (0..<40_000 as Range<UInt32>).flatMap {
        Frame(.append, $0, [0x0a, 4, 0x12, 2, 0x12, 0]).bytes
      }
      for client in deaf { client.push(requests) }
      await bystander.goOn()
      await bystander.goOn()
      for client in deaf { await client.close() }
    }
  }
}
