import SpanModel
import SpanWire
import Testing

struct RejectedSpanTests {
  static let zeroTraceID = bytesField(1, [UInt8](repeating: 0, count: 16))
  static let zeroSpanID = bytesField(2, [UInt8](repeating: 0, count: 8))

  static let refused: [([UInt8], SpanRejection.Reason)] = [
    ([], .traceIDByteCount),
    (spanIDField, .traceIDByteCount),
    (bytesField(1, []) + spanIDField, .traceIDByteCount),
    (bytesField(1, [UInt8](1...15)) + spanIDField, .traceIDByteCount),
    (bytesField(1, [UInt8](1...17)) + spanIDField, .traceIDByteCount),
    (zeroTraceID + spanIDField, .traceIDZero),
    (traceIDField, .spanIDByteCount),
    (traceIDField + bytesField(2, [UInt8](1...9)), .spanIDByteCount),
    (traceIDField + zeroSpanID, .spanIDZero),
    // The worse one comes last.
    (ids + zeroTraceID, .traceIDZero),
    (ids + bytesField(2, [1]), .spanIDByteCount),
  ]

  @Test(arguments: refused)
  func `a span with impossible ids is refused for a reason`(
    span: [UInt8], reason: SpanRejection.Reason
  ) throws {
    let batch = try scan(request(spans: [span]))
    #expect(batch.spans.isEmpty)
    #expect(batch.rejectedSpanCount == 1)
    #expect(batch.firstRejection?.reason == reason)
  }

  @Test func `the others are taken, and the first refused one is told`() throws {
    let request = request(spans: [ids, Self.zeroSpanID, ids, Self.zeroTraceID + spanIDField, ids])
    let batch = try scan(request)
    #expect(batch.spans.count == 3)
    #expect(batch.rejectedSpanCount == 2)
    let rejection = try #require(batch.firstRejection)
    let refused = [UInt8](request[rejection.position...].prefix(Self.zeroSpanID.count))
    #expect(refused == Self.zeroSpanID)
    #expect(
      "\(rejection)"
        == "the span at byte \(rejection.position) was refused: its trace id is not 16 bytes long")
  }

  @Test func `the next scan starts to count again`() throws {
    var batch = try scan(request(spans: [[]]))
    try request(spans: [ids]).withUnsafeBytes { try batch.scan($0) }
    #expect(batch.rejectedSpanCount == 0)
    #expect(batch.firstRejection == nil)
    #expect(batch.spans.count == 1)
  }
}
