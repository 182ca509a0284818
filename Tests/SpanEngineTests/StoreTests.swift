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

  @Test func `a store that is opened with a lower limit shrinks to it`() throws {
    let platform = SimulatedPlatform(seed: 3)
    var options = CrashWorkload.options
    var generator = RequestGenerator(seed: 9)
    generator.shape.textByteCount = 2000...2000
    func fill(rolls: Int) throws -> SteppedStore {
      let stepped = try SteppedStore(options, platform: platform)
      let end = stepped.store.statistics().commitCount + UInt64(rolls * 4)
      while stepped.store.statistics().commitCount < end {
        _ = try stepped.commit([try stepped.prepare(RequestBuffer(generator.request().bytes))])
      }
      return stepped
    }
    try fill(rolls: 20).close()
    let limit = options.retainByteCountMin
    options.retainByteCount = limit
    let stepped = try fill(rolls: 4)
    stepped.writeIndexes()
    let paths = platform.image.paths.filter { $0.hasSuffix(".active") || $0.hasSuffix(".index") }
    let held = paths.reduce(0) { $0 + (platform.image.contents(of: $1)?.count ?? 0) }
    #expect(stepped.store.statistics().retiredSegmentCount > 1)
    // An index that was written since the last roll may be over it.
    #expect(UInt64(held) <= limit + 64 << 10)
  }

  private func check(_ store: Store, _ expected: [TraceID: [GeneratedSpan]]) throws {
    for (traceID, spans) in expected {
      // Sealing what is full changes the order, at any time.
      let found = try store.spans(of: traceID)
      #expect(found.count == spans.count && Set(found) == Set(spans))
      #expect(try Set(store.spans(of: traceID, chunkByteCount: 1)) == Set(spans))
    }
    #expect(try Set(store.traceIDs()) == Set(expected.keys))
    #expect(try store.spans(of: TraceID(high: 1, low: 1)).isEmpty)
  }
}
