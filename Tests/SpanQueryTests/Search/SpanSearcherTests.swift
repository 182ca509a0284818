import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import SpanWire
import SystemPackage
import Testing

struct SpanSearcherTests {
  /// Each a store of its own: 8 moments, 12 searches at each.
  @Test(arguments: 0..<24 as Range<UInt64>)
  func `a search finds the newest of all spans that its predicate is true of`(seed: UInt64) throws {
    guard seed % UInt64(Dose.share) == 0 else { return }
    var history = try SearchHistory(seed: seed, platform: SimulatedPlatform(seed: seed))
    var foundCount = 0
    for moment in 0..<8 {
      try history.go(on: 6)
      let all = try SearchHistory.tenants.map { try history.all(of: $0) }
      for number in 0..<12 {
        let tenant = history.hasTenants ? UInt32(number / 2 % 2) : 0
        var search = SpanSearch(
          history.predicate(), tenant: tenant, limit: [1, 20, SpanSearch.limitMax][(moment + number) % 3])
        if number % 4 == 3 { search.starts = UInt64(100 * moment)...UInt64(100 * moment + 500) }
        let result = try SpanSearcher(history.store, search).run()
        let expected = all[Int(tenant)].filter {
          search.starts.contains($0.key.start) && $0.sample.matches(search.predicate)
        }.map(\.key).sorted().prefix(search.limit)
        #expect(
          result.spans.map(\.key) == Array(expected), "seed \(seed), moment \(moment): \(search.predicate)")
        #expect(result.damage == nil)
        foundCount += result.spans.count
      }
    }
    #expect(foundCount > 0)
  }

  @Test func `what stays open after a search is found by the next one`() throws {
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    let stepped = try SteppedStore(options, platform: SimulatedPlatform(seed: 1))
    var generator = RequestGenerator(seed: 2)
    for count in 1...50 {
      let request = generator.request()
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
      let search = SpanSearch(.trace(request.spans[0].traceID), limit: 1000)
      let found = try SpanSearcher(stepped.store, search).run()
      #expect(found.spans.contains { $0.traceID == request.spans[0].traceID }, "after \(count) requests")
      #expect(found.cost.runCount >= 1)
    }
    try stepped.close()
  }

  @Test func `a search that could not read leaves nothing out of the next one`() throws {
    let platform = SimulatedPlatform(seed: 1)
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    let stepped = try SteppedStore(options, platform: platform)
    for number in 0..<20 as Range<UInt64> {
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(Self.request(number, value: "value")))])
    }
    let search = SpanSearch(.hasAttribute(.span, key: "key"), limit: 1000)
    var failedCount = 0
    for number in 1...200 {
      var left = number
      platform.observe { call, _, _ in
        guard call == .read else { return nil }
        left -= 1
        return left == 0 ? .noMemory : nil
      }
      do { _ = try SpanSearcher(stepped.store, search).run() } catch { failedCount += 1 }
      platform.observe { _, _, _ in nil }
      #expect(try SpanSearcher(stepped.store, search).run().spans.count == 400, "call \(number)")
      // A retry, which is found once: the next search has something to read.
      let retry = Self.request(UInt64(number % 20), value: "value")
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(retry))])
    }
    #expect(failedCount > 10)
    try stepped.close()
  }

  @Test func `a rare value is looked for in few row groups, and in few records`() throws {
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    options.rowGroupByteCount = 8 << 10
    let stepped = try SteppedStore(options, platform: SimulatedPlatform(seed: 1))
    for number in 0..<400 as Range<UInt64> {
      let request = Self.request(number, value: number % 100 == 50 ? "rare" : "value \(number)")
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(request))])
      if number == 300 { while try stepped.sealNext() {} }
    }
    let rare = SpanPredicate.attribute(.span, key: "key", .equal, .string("rare"))
    let result = try SpanSearcher(stepped.store, SpanSearch(rare, limit: 1000)).run()
    #expect(result.spans.count == 4 * 20)
    #expect(
      result.cost.rowGroupCount > 100 && result.cost.decodedRowGroupCount < result.cost.rowGroupCount / 5)
    #expect(result.cost.runCount > 2 && result.cost.readRunCount < result.cost.runCount)
    let none = SpanPredicate.service("nobody")
    let nothing = try SpanSearcher(stepped.store, SpanSearch(none)).run()
    #expect(nothing.spans.isEmpty && nothing.cost.decodedRowGroupCount + nothing.cost.readRunCount <= 2)
    try stepped.close()
  }

  /// 20 spans of a trace of their own, each with an attribute.
  private static func request(_ number: UInt64, value: String) -> [UInt8] {
    var scopeSpans = ProtobufWriter()
    for spanID in 1...20 as ClosedRange<UInt64> {
      var text = ProtobufWriter()
      text.writeString(value, field: 1)
      var attribute = ProtobufWriter()
      attribute.writeString("key", field: 1)
      attribute.writeBytes(text.bytes, field: 2)
      var span = ProtobufWriter()
      span.writeBytes(network(number + 1) + network(number + 1), field: 1)
      span.writeBytes(network(spanID), field: 2)
      span.writeString(String(repeating: "n", count: 100), field: 5)
      span.writeTag(7, .fixed64)
      span.bytes += network(number)
      span.writeBytes(attribute.bytes, field: 9)
      scopeSpans.writeBytes(span.bytes, field: 2)
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
}
