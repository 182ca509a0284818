import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import Testing

struct StoreTests {
  @Test func `what was appended is read back by trace id, byte for byte, and again after reopening`() throws {
    let directory = try TemporaryDirectory()
    var options = StoreOptions(directory: directory.path)
    options.segmentByteCount = 1 << 20
    var generator = RequestGenerator(seed: 1)
    var expected: [TraceID: [GeneratedSpan]] = [:]
    var store = try Store.open(options)
    for _ in 0..<200 {
      let request = generator.request()
      try store.append(request.bytes)
      for span in request.spans { expected[span.traceID, default: []].append(span) }
    }
    try check(store, expected)
    store.close()
    store = try Store.open(options)
    try check(store, expected)
    store.close()
    try check(Store.openReadOnly(directory: directory.path), expected)
  }

  private func check(_ store: Store, _ expected: [TraceID: [GeneratedSpan]]) throws {
    for (traceID, spans) in expected {
      #expect(try store.spans(of: traceID) == spans)
      #expect(try Set(store.spans(of: traceID, chunkByteCount: 1)) == Set(spans))
    }
    #expect(try Set(store.traceIDs()) == Set(expected.keys))
    #expect(try store.spans(of: TraceID(high: 1, low: 1)).isEmpty)
  }
}
