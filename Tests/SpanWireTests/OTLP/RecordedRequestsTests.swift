import ScannerProof
import SpanModel
import SpanProto
import SpanWire
import SwiftProtobuf
import Testing

struct RecordedRequestsTests {
  typealias Request = Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest

  @Test(arguments: RecordedRequests.names)
  func `recorded requests hold the traces their maker counted`(name: String) throws {
    var traces: [TraceID: ExpectedTrace] = [:]
    var batch = SpanBatch()
    for request in try RecordedRequests(named: name).requests {
      try request.withUnsafeBytes { try batch.scan($0) }
      #expect(batch.rejectedSpanCount == 0)
      for span in batch.spans { add(span, to: &traces) }
    }
    let expected = try RecordedRequests.expectedTraces(of: name)
    #expect(traces.values.sorted { $0.traceId < $1.traceId } == expected)
  }

  /// swift-protobuf takes a hundred times as long as the scanner: of a long recording the first requests do.
  @Test(arguments: RecordedRequests.names)
  func `recorded requests are scanned as swift-protobuf decodes them`(name: String) throws {
    var proof = ScannerProof()
    for (number, request) in try RecordedRequests(named: name).requests.prefix(80).enumerated() {
      if let difference = proof.difference(over: request) { Issue.record("request \(number): \(difference)") }
    }
  }

  @Test(arguments: RecordedRequests.names)
  func `names and slices are those of the whole message`(name: String) throws {
    for request in try RecordedRequests(named: name).requests.prefix(4) {
      let batch = try scan(request)
      let message = try Request(serializedBytes: request)
      let spans = message.resourceSpans.flatMap(\.scopeSpans).flatMap(\.spans)
      #expect(spans.count == batch.spans.count)
      for (entry, span) in zip(batch.spans, spans) {
        #expect(String(decoding: bytes(entry.name, of: request), as: UTF8.self) == span.name)
        #expect(Int(entry.kind) == span.kind.rawValue)
        #expect(Int(entry.status) == span.status.code.rawValue)
        #expect(
          try Opentelemetry_Proto_Trace_V1_Span(serializedBytes: bytes(entry.slice, of: request)) == span)
      }
    }
  }

  private func add(_ span: SpanEntry, to traces: inout [TraceID: ExpectedTrace]) {
    let start = span.start.nanoseconds
    let end = span.end.nanoseconds
    var trace =
      traces[span.traceID]
      ?? ExpectedTrace(traceId: "\(span.traceID)", spans: 0, start: "\(start)", end: "\(end)")
    trace.spans += 1
    trace.start = "\(min(start, UInt64(trace.start) ?? start))"
    trace.end = "\(max(end, UInt64(trace.end) ?? end))"
    traces[span.traceID] = trace
  }
}
