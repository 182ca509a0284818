import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// Spans and segments at the limits of what a sealed segment takes apart come back as they were.
struct SealedLargeSpanTests {
  private static let traceID = TraceID(high: 1, low: 2)

  /// A span that begins as usual, with more fields behind.
  private static func span(_ id: UInt64, _ rest: [UInt8], of traceID: TraceID = traceID) -> [UInt8] {
    var span = ProtobufWriter()
    span.writeBytes(bigEndian(traceID.high) + bigEndian(traceID.low), field: 1)
    span.writeBytes(bigEndian(id), field: 2)
    return span.bytes + rest
  }

  private static func bigEndian(_ number: UInt64) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  private static func attribute(_ key: [UInt8], _ value: [UInt8]) -> [UInt8] {
    var any = ProtobufWriter()
    any.writeBytes(value, field: 1)
    var pair = ProtobufWriter()
    pair.writeBytes(key, field: 1)
    pair.writeBytes(any.bytes, field: 2)
    var span = ProtobufWriter()
    span.writeBytes(pair.bytes, field: 9)
    return span.bytes
  }

  private static func event(_ number: Int) -> [UInt8] {
    var event = ProtobufWriter()
    event.writeFixed64(UInt64(number), field: 1)
    event.writeString("event \(number)", field: 2)
    var span = ProtobufWriter()
    span.writeBytes(event.bytes, field: 11)
    return span.bytes
  }

  private func expectSame(_ spans: [[UInt8]]) throws {
    let members = spans.enumerated().map { SealedBytes.Member(Self.traceID, UInt64($0 + 1), $1) }
    try SealedSpanTests.expectSame(members)
  }

  @Test func `a span of 64 MiB among small ones`() throws {
    let large = Self.span(2, Self.attribute([0x6b], [UInt8](repeating: 7, count: 64 << 20)))
    try expectSame([Self.span(1, []), large, Self.span(3, [])])
  }

  @Test func `a name, an event and an unknown field of 1 MiB`() throws {
    var span = ProtobufWriter()
    let text = [UInt8](repeating: 0x39, count: 1 << 20)
    span.writeBytes(text, field: 5)
    span.writeBytes([0x12, 0x80, 0x80, 0x40] + text, field: 11)
    span.writeBytes(text, field: 77)
    try expectSame([Self.span(1, span.bytes), Self.span(2, span.bytes)])
  }

  @Test(arguments: [100, 4_000, 4_094, 4_095, 4_096, 4_097, 5_000])
  func `a span of many attributes`(count: Int) throws {
    let attributes = (0..<count).flatMap {
      Self.attribute(Array("key.\($0)".utf8), [UInt8(truncatingIfNeeded: $0)])
    }
    try expectSame((1...3).map { Self.span($0, attributes) })
  }

  @Test func `a span of 10,000 events`() throws {
    let events = (0..<10_000).flatMap(Self.event)
    try expectSame((1...3).map { Self.span($0, events) })
  }

  @Test(arguments: [0, 1, 126, 127, 128, 129, 16_383, 16_384, 60_000, 300_000])
  func `keys and values of this many bytes`(count: Int) throws {
    let long = [UInt8](repeating: 0x61, count: count)
    try expectSame([
      Self.span(1, Self.attribute(long, [1])), Self.span(2, Self.attribute([2], long)),
      Self.span(3, Self.attribute(long, long)), Self.span(4, Self.attribute(long, [1])),
    ])
  }

  /// More kinds of span, and more keys, than a segment has templates and columns for.
  @Test func `every span has keys of its own`() throws {
    let spans = (0..<100_000 / UInt64(Dose.share)).map { number in
      let keys = (0..<10).map { Self.attribute(Array("\(number).\($0)".utf8), [UInt8($0)]) }
      return Self.span(number + 1, Array(keys.joined()))
    }
    try expectSame(spans)
  }

  /// Literals differ: each span needs a template of its own, until no more are taken.
  @Test func `every span has unknown numbers of its own`() throws {
    let spans = (0..<100_000 / UInt64(Dose.share)).map { number in
      var fields = ProtobufWriter()
      fields.writeUInt64(number, field: 60)
      return Self.span(number + 1, fields.bytes)
    }
    try expectSame(spans)
  }

  @Test func `a trace of more rows than a row group takes`() throws {
    let members = (0..<30_000).map { number in
      let id = UInt64(number / 2 + 1)
      return SealedBytes.Member(Self.traceID, id, Self.span(id, []))
    }
    let sealed = try SealedBytes(members)
    #expect(sealed.footer.rowGroupCount == 4 && sealed.footer.traceCount == 1)
    try SealedSpanTests.expectSame(members)
    let layout = try SealedReading(sealed.bytes).layout
    let hash = TraceIDHash(key: SealedBytes.hashKey).hash(of: Self.traceID)
    #expect(layout.rowGroups(of: hash) == 0..<4)
    #expect(layout.rowGroups(of: hash &- 1).isEmpty)
  }

  @Test func `spans without a byte`() throws { try expectSame([[], [], []]) }

  @Test func `a span of another trace than it says`() throws {
    try expectSame([Self.span(1, [], of: TraceID(high: 9, low: 9)), Self.span(2, [])])
  }

  /// The texts of patterns, as values: they must not be taken for what they stand for.
  @Test func `values that look like patterns`() throws {
    var texts = OddTexts(seed: 3)
    let spans = (0..<5_000).map { number in
      let digits = texts.digits("123456789", 6)
      let hex = texts.digits("0123456789abcdef", 8)
      let values: [[UInt8]] = [
        Array("user ".utf8) + digits, Array("user ".utf8) + [1], Array("trace ".utf8) + hex,
        Array("trace ".utf8) + [2, 4], [1], [2], digits, hex, [2, 4],
      ]
      return Self.span(UInt64(number + 1), Self.attribute([0x6b], values[number % values.count]))
    }
    try expectSame(spans)
  }

  @Test func `a segment without spans`() throws { try SealedSpanTests.expectSame([]) }
}
