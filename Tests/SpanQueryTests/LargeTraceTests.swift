import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import SpanWire
import Testing

/// A trace of more spans than can be told apart at once.
struct LargeTraceTests {
  private static let traceID = TraceID(high: 7, low: 1)
  private static let requestCount = 60
  private static let spansPerRequest = 2_500

  /// Each request arrives twice, the second time long after the first.
  private static func filled(sealsAll: Bool) throws -> (SteppedStore, Set<[UInt8]>) {
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = 1 << 20
    options.rowGroupByteCount = 64 << 10
    let stepped = try SteppedStore(options, platform: SimulatedPlatform(seed: 1))
    var random = SeededRandom(seed: 2)
    var spans: Set<[UInt8]> = []
    let requests = (0..<requestCount).map { _ in request(&random, &spans) }
    for request in requests + requests {
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(request))])
      if sealsAll { while try stepped.sealNext() {} }
    }
    return (stepped, spans)
  }

  private static func request(_ random: inout SeededRandom, _ spans: inout Set<[UInt8]>) -> [UInt8] {
    var scopeSpans = ProtobufWriter()
    for _ in 0..<spansPerRequest {
      var span = ProtobufWriter()
      span.writeBytes(network(traceID.high) + network(traceID.low), field: 1)
      // Now and then two spans share an id.
      span.writeBytes(network(random.next() >> (random.once(in: 4) ? 50 : 1) | 1), field: 2)
      span.writeString("name \(random.next() % 10)", field: 5)
      scopeSpans.writeBytes(span.bytes, field: 2)
      spans.insert(span.bytes)
    }
    var resourceSpans = ProtobufWriter()
    resourceSpans.writeBytes(scopeSpans.bytes, field: 2)
    var message = ProtobufWriter()
    message.writeBytes(resourceSpans.bytes, field: 1)
    return message.bytes
  }

  private static func network(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
  }

  private static func read(_ store: Store, skip: UInt64 = 0, limit: UInt64 = .max) throws -> (
    spans: [[UInt8]], mayRepeat: Bool
  ) {
    let reader = TraceReader(store: store, traceID: traceID, skip: skip, limit: limit)
    var spans: [[UInt8]] = []
    var mayRepeat = false
    while let chunk = try reader.nextChunk() {
      spans += try decodeAnswer(chunk.bytes).map(\.bytes)
      mayRepeat = mayRepeat || chunk.mayRepeat
    }
    return (spans, mayRepeat)
  }

  @Test func `equal spans in sealed segments are returned once, however many there are`() throws {
    let (stepped, spans) = try Self.filled(sealsAll: true)
    #expect(spans.count > 2 * 65_536 && stepped.store.statistics().sealedSegmentCount > 3)
    let read = try Self.read(stepped.store)
    #expect(read.spans.count == spans.count && Set(read.spans) == spans)
    // A quarter of the ids lie close together, in the first range.
    #expect(!read.mayRepeat)
    var paged: [[UInt8]] = []
    for page in 0..<5 as Range<UInt64> {
      paged += try Self.read(stepped.store, skip: page * 40_000, limit: 40_000).spans
    }
    #expect(paged == read.spans)
    try stepped.close()
  }

  @Test func `what cannot be told apart is returned, and said`() throws {
    let (stepped, spans) = try Self.filled(sealsAll: false)
    #expect(stepped.store.statistics().sealedSegmentCount == 0)
    let read = try Self.read(stepped.store)
    #expect(read.mayRepeat && read.spans.count >= spans.count && Set(read.spans) == spans)
    try stepped.close()
  }
}
