import SpanModel
import SpanTestKit
import SpanWire
import Testing

struct RequestWithoutSpansTests {
  @Test(arguments: UInt64(1)...40)
  func `what is left out is gone, and all else keeps its bytes, its envelopes and its order`(seed: UInt64)
    throws
  {
    var shape = RequestGenerator.Shape()
    shape.traceIDs = (1...4).map { TraceID(high: 7, low: $0) }
    var generator = RequestGenerator(seed: seed, shape: shape)
    let request = generator.request()
    let leftOut = shape.traceIDs[Int(seed % 4)]
    var batch = SpanBatch()
    let bytes = try request.bytes.withUnsafeBytes { bytes in
      try batch.scan(bytes)
      return RequestWithoutSpans(of: bytes, batch) { $0.traceID == leftOut }.bytes
    }
    #expect(try decodeAnswer(bytes) == request.spans.filter { $0.traceID != leftOut })
    #expect(bytes.count <= request.bytes.count)
  }

  @Test func `a request of which nothing is left has no bytes`() throws {
    var generator = RequestGenerator(seed: 1)
    let request = generator.request()
    var batch = SpanBatch()
    let bytes = try request.bytes.withUnsafeBytes { bytes in
      try batch.scan(bytes)
      return RequestWithoutSpans(of: bytes, batch) { _ in true }.bytes
    }
    #expect(bytes.isEmpty)
  }
}
