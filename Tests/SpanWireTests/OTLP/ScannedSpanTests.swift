import SpanModel
import SpanWire
import Testing

struct ScannedSpanTests {
  static let traceID = TraceID(high: 0x0001_0203_0405_0607, low: 0x0809_0a0b_0c0d_0e0f)
  static let spanID = SpanID(0x1112_1314_1516_1718)

  @Test func `a full span gives all its values`() throws {
    let span =
      ids + textField(3, "state") + bytesField(4, [UInt8](0x21...0x28)) + textField(5, "GET /")
      + varintField(6, 2) + fixed64Field(7, 1000) + fixed64Field(8, 2000) + bytesField(9, textField(1, "key"))
      + bytesField(15, textField(2, "why") + varintField(3, 2)) + [0x85, 0x01, 1, 1, 0, 0]
    let request = request(spans: [span])
    let batch = try scan(request)
    let entry = try #require(batch.spans.first)
    #expect(batch.spans.count == 1)
    #expect(entry.traceID == Self.traceID)
    #expect(entry.spanID == Self.spanID)
    #expect(entry.parentID == SpanID(0x2122_2324_2526_2728))
    #expect(entry.start == Timestamp(nanoseconds: 1000))
    #expect(entry.end == Timestamp(nanoseconds: 2000))
    #expect(entry.kind == 2)
    #expect(entry.status == 2)
    #expect(bytes(entry.name, of: request) == [UInt8]("GET /".utf8))
    #expect(bytes(entry.slice, of: request) == span)
  }

  @Test func `a span of nothing but ids has zeroes for the rest`() throws {
    let batch = try scan(request(spans: [ids]))
    let entry = try #require(batch.spans.first)
    #expect(entry.parentID.isZero)
    #expect(entry.start.nanoseconds == 0)
    #expect(entry.end.nanoseconds == 0)
    #expect(entry.name == Slice(position: 0, byteCount: 0))
    #expect(entry.kind == 0)
    #expect(entry.status == 0)
  }

  @Test func `ids are found wherever they stand`() throws {
    let span = textField(5, "n") + spanIDField + bytesField(9, []) + traceIDField
    let entry = try #require(try scan(request(spans: [span])).spans.first)
    #expect(entry.traceID == Self.traceID)
    #expect(entry.spanID == Self.spanID)
  }

  @Test func `of a field that comes twice the last counts`() throws {
    let first =
      bytesField(1, [UInt8](repeating: 7, count: 16)) + bytesField(2, [UInt8](repeating: 7, count: 8))
      + bytesField(4, [UInt8](repeating: 7, count: 8)) + textField(5, "first") + varintField(6, 1)
      + fixed64Field(7, 1) + fixed64Field(8, 1)
    let last =
      ids + bytesField(4, [0, 0, 0, 0, 0, 0, 0, 9]) + textField(5, "last") + varintField(6, 3)
      + fixed64Field(7, 3) + fixed64Field(8, 4)
    let request = request(spans: [first + last])
    let entry = try #require(try scan(request).spans.first)
    #expect(entry.traceID == Self.traceID)
    #expect(entry.spanID == Self.spanID)
    #expect(entry.parentID == SpanID(9))
    #expect(bytes(entry.name, of: request) == [UInt8]("last".utf8))
    #expect((entry.kind, entry.start.nanoseconds, entry.end.nanoseconds) == (3, 3, 4))
  }

  @Test func `a status that comes twice is merged`() throws {
    let span = ids + bytesField(15, varintField(3, 2)) + bytesField(15, textField(2, "no code"))
    #expect(try scan(request(spans: [span])).spans.first?.status == 2)
  }

  @Test func `a parent id of another length is none`() throws {
    let span = ids + bytesField(4, [1, 2, 3, 4, 5, 6, 7, 8]) + bytesField(4, [1])
    #expect(try scan(request(spans: [span])).spans.first?.parentID == .zero)
  }

  @Test func `kinds and codes nobody knows yet are kept, cut to 32 bits`() throws {
    let span = ids + varintField(6, UInt64.max) + bytesField(15, varintField(3, 1 << 32 | 77))
    let entry = try #require(try scan(request(spans: [span])).spans.first)
    #expect((entry.kind, entry.status) == (-1, 77))
  }

  /// Each known number under a wire type it does not have, then nothing known is left.
  @Test(arguments: [
    varintField(1, 1), varintField(2, 1), varintField(4, 1), varintField(5, 1), bytesField(6, [1]),
    varintField(7, 1), bytesField(8, [UInt8](repeating: 1, count: 8)), varintField(15, 2),
    [0x0b, 0x0c], [0x7b, 0x18, 0x02, 0x7c], [0x35, 1, 2, 3, 4],
  ])
  func `a known field under another wire type is stepped over`(field: [UInt8]) throws {
    let plain = try #require(try scan(request(spans: [ids])).spans.first)
    var entry = try #require(try scan(request(spans: [ids + field])).spans.first)
    #expect(Int(entry.slice.byteCount) == ids.count + field.count)
    entry.slice = plain.slice
    #expect(entry == plain)
  }

  @Test(arguments: [0, 1, 127, 128, 300, 20_000])
  func `an attribute of any length is stepped over`(byteCount: Int) throws {
    let attribute = bytesField(9, [UInt8](repeating: 0x4a, count: byteCount))
    let span = ids + attribute + attribute + fixed64Field(8, 5) + attribute
    #expect(try scan(request(spans: [span])).spans.first?.end.nanoseconds == 5)
  }

  @Test func `an attribute that ends after its span is refused where its length stands`() {
    let span = ids + [0x4a, 0x02, 0x00]
    let request = request(spans: [span])
    #expect(throws: WireError(.truncated, position: request.count - 2)) { try scan(request) }
  }
}
