import SpanModel
import SpanWire
import Testing

struct RPCBodyTests {
  static let hello: HelloRequest = {
    var hello = HelloRequest()
    hello.versions = [1, 300]
    hello.client = "test"
    hello.token = [1, 2, 3]
    hello.tenant = "north"
    hello.takesCompressed = true
    return hello
  }()

  static let helloAnswer: HelloAnswer = {
    var answer = HelloAnswer()
    answer.version = 1
    answer.server = "spanlog 0.1"
    answer.durability = "sync"
    answer.frameByteCountMax = 64 << 20
    answer.requestCountMax = 256
    answer.inFlightByteCountMax = 16 << 20
    answer.streamCreditByteCount = 4 << 20
    answer.streamCountMax = 16
    return answer
  }()

  static let stats: StatsAnswer = {
    var answer = StatsAnswer()
    answer.durability = "interval=100ms"
    for counter in StatsAnswer.counters { answer[keyPath: counter.path] = UInt64(counter.field) << 33 }
    return answer
  }()

  static let all: ReadTraceRequest = {
    var request = ReadTraceRequest()
    request.all = true
    return request
  }()

  static let maintain: MaintainRequest = {
    var request = MaintainRequest()
    request.compact = CompactRequest()
    request.compact?.keep = ["error", "duration > 1s"]
    request.compact?.dropOlderThanMilliseconds = 1 << 40
    request.compact?.settleMilliseconds = 0
    request.compact?.isDryRun = true
    request.verify = VerifyRequest(deleted: TraceID(high: 1, low: 2))
    request.snapshot = SnapshotRequest(into: "/backup")
    return request
  }()

  static let maintained: MaintainAnswer = {
    var answer = MaintainAnswer()
    answer.progress = MaintainProgress()
    answer.progress?.phase = "copying"
    answer.progress?.doneByteCount = 1 << 33
    answer.progress?.totalByteCount = 1 << 34
    var compact = CompactReportBody()
    for counter in CompactReportBody.counters { compact[keyPath: counter.path] = UInt64(counter.field) << 33 }
    compact.damageTexts = ["a", "b"]
    answer.compact = compact
    answer.verify = VerifyReportBody()
    answer.verify?.isWhole = true
    answer.verify?.lines = ["x", "y"]
    var snapshot = SnapshotReportBody()
    snapshot.linkedFileCount = 1
    snapshot.copiedFileCount = 2
    snapshot.copiedByteCount = 3
    snapshot.damageCount = 4
    snapshot.damageTexts = ["z"]
    answer.snapshot = snapshot
    return answer
  }()

  static let bodies: [any RPCBody] = [
    maintain, maintained,
    hello, helloAnswer, stats, all,
    ReadTraceRequest(traceID: TraceID(high: 0x0102_0304_0506_0708, low: 9), skip: 5, limit: 1 << 40),
    DeleteTraceRequest(traceID: TraceID(high: 1 << 63, low: 9)), DeleteTraceAnswer(hiddenSpanCount: 1 << 40),
    CreditRequest(requestID: .max, byteCount: 1 << 20), CancelRequest(requestID: 77),
    AppendAnswerBody(rejectedSpanCount: 3, message: "the span at byte 4 was refused"),
    RPCStatus(.resourceExhausted, "no room", retryDelayMilliseconds: 1000),
  ]

  @Test(arguments: bodies.indices)
  func `a body reads back as it was written`(index: Int) throws {
    try expectRoundTrip(Self.bodies[index])
  }

  private func expectRoundTrip<Body: RPCBody>(_ body: Body) throws {
    #expect(try Body(decoding: body.encoded) == body)
    #expect(try Body(decoding: []) == Body())
    #expect(Body().encoded.isEmpty)
  }

  @Test(arguments: bodies.indices)
  func `every cut and every flipped bit of a body is read or refused, never a trap`(index: Int) {
    expectTotal(Self.bodies[index])
  }

  private func expectTotal<Body: RPCBody>(_ body: Body) {
    let bytes = body.encoded
    for byteCount in 0..<bytes.count { decode(Array(bytes.prefix(byteCount)), as: Body.self) }
    for bit in 0..<(8 * bytes.count) {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      decode(flipped, as: Body.self)
    }
  }

  /// Whatever reads must also write and read again.
  private func decode<Body: RPCBody>(_ bytes: [UInt8], as type: Body.Type) {
    guard let body = try? Body(decoding: bytes) else { return }
    #expect((try? Body(decoding: body.encoded)) == body)
  }

  @Test func `unknown fields and other wire types are stepped over`() throws {
    var writer = ProtobufWriter()
    writer.writeString("later", field: 99)
    writer.writeString("not a number", field: 2)
    writer.writeUInt64(5, field: 1)
    #expect(try CreditRequest(decoding: writer.bytes) == CreditRequest(requestID: 5, byteCount: 0))
  }

  @Test func `versions may be packed`() throws {
    var writer = ProtobufWriter()
    writer.writeBytes([1, 2], field: 1)
    #expect(try HelloRequest(decoding: writer.bytes).versions == [1, 2])
  }

  @Test(arguments: [0, 15, 17])
  func `a trace id that is not 16 bytes is none`(byteCount: Int) {
    var request = ReadTraceRequest()
    request.traceIDBytes = [UInt8](repeating: 1, count: byteCount)
    #expect(request.traceID == nil)
  }

  @Test func `a trace id stands in network order`() {
    let request = ReadTraceRequest(traceID: TraceID(high: 0x0102_0304_0506_0708, low: 9))
    #expect(request.traceIDBytes == [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9])
    #expect(request.traceID == TraceID(high: 0x0102_0304_0506_0708, low: 9))
  }

  @Test func `no counter shares a field number`() {
    #expect(Set(StatsAnswer.counters.map(\.field)).count == StatsAnswer.counters.count)
  }
}
