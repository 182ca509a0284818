import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// Any bytes that are given for spans come back as they were.
struct SealedSpanTests {
  /// Of each of 40 segments: a million together.
  private static let spanCount = 25_000 / Dose.share

  @Test(arguments: [UInt64](1...40))
  func `spans of every kind come back as they were`(seed: UInt64) throws {
    var spans = OddSpans(seed: seed, recorded: Self.recorded)
    var members: [SealedBytes.Member] = []
    while members.count < Self.spanCount {
      let traceID = TraceID(high: spans.random.next() % 4, low: spans.random.next())
      // Now and then a trace is larger than a row group.
      let count = spans.random.once(in: 200) ? 3_000 : Int.random(in: 1...30, using: &spans.random)
      for _ in 0..<count {
        let spanID = UInt64.random(in: 1...200, using: &spans.random)
        members.append(SealedBytes.Member(traceID, spanID, spans.span(traceID, spanID)))
      }
    }
    var options = SegmentEncoder.Options()
    options.rowGroupByteCount = [1000, 50_000, 256 << 10, 512 << 10][Int(seed % 4)]
    try Self.expectSame(members, options)
  }

  /// Between two that are as they were, each is held against the template of these first.
  @Test func `a span that nearly is as the one before it comes back as it was`() throws {
    var spans = OddSpans(seed: 41, recorded: [])
    let traceID = TraceID(high: 7, low: 8)
    let made = (0..<12 / min(Dose.share, 6)).map { spans.span(traceID, UInt64($0 + 1)) }
    let step = max(1, Self.recorded.count / max(1, 24 / min(Dose.share, 12)))
    let recorded = stride(from: 0, to: Self.recorded.count, by: step).map { Self.recorded[$0] }
    for span in (made + recorded).filter({ $0.count <= 600 }) {
      // Its own trace, or it would be kept whole and no template would be made.
      let own = span.withUnsafeBytes { Self.traceID(of: $0) } ?? traceID
      var members: [SealedBytes.Member] = []
      for changed in Self.flips(of: span) + (0..<span.count).map({ Array(span.prefix($0)) }) {
        members.append(SealedBytes.Member(own, UInt64(members.count), span))
        members.append(SealedBytes.Member(own, UInt64(members.count), changed))
      }
      try Self.expectSame(members)
    }
  }

  private static func traceID(of span: UnsafeRawBufferPointer) -> TraceID? {
    guard span.count >= 18, span[0] == 0x0a, span[1] == 16 else { return nil }
    let halves = [2, 10].map { UInt64(bigEndian: span.loadUnaligned(fromByteOffset: $0, as: UInt64.self)) }
    return TraceID(high: halves[0], low: halves[1])
  }

  private static func flips(of span: [UInt8]) -> [[UInt8]] {
    (0..<span.count * 8).map { bit in
      var changed = span
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      return changed
    }
  }

  @Test func `a number of ten bytes comes back with the bits that nobody reads`() throws {
    let traceID = TraceID(high: 1, low: 1)
    let members = ([0x01, 0x02, 0x11, 0x7f, 0x01] as [UInt8]).enumerated().map { number, last in
      let value = [0x18] + [UInt8](repeating: 0xff, count: 9) + [last]
      let span =
        bytesField(1, PlainBytes.network(1) + PlainBytes.network(1))
        + bytesField(2, PlainBytes.network(UInt64(number + 1)))
        + bytesField(9, textField(1, "key") + bytesField(2, value))
      return SealedBytes.Member(traceID, UInt64(number + 1), span)
    }
    try Self.expectSame(members)
  }

  /// Spans of real programs, some of each.
  private static let recorded: [[UInt8]] = RecordedRequests.names.flatMap { name in
    let requests = (try? RecordedRequests(named: name).requests.prefix(20)) ?? []
    return (try? SealedBytes(Array(requests)).members.prefix(500).map(\.span)) ?? []
  }

  /// Seals spans and compares what is read; whatever their bytes say of ids.
  static func expectSame(
    _ members: [SealedBytes.Member], _ options: SegmentEncoder.Options = SegmentEncoder.Options(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let sealed = try SealedBytes(members, options: options)
    let read = try SealedReading(sealed.bytes)
    #expect(read.members.count == sealed.members.count, sourceLocation: sourceLocation)
    let pairs = zip(read.members, sealed.members).enumerated()
    let differing = pairs.first { !isSame($0.element.0, $0.element.1) }?.offset
    #expect(differing == nil, sourceLocation: sourceLocation)
    #expect(read.layout.footer == sealed.footer, sourceLocation: sourceLocation)
    #expect(read.agreesWithSearch && read.layout.section(.tagFilters) != nil, sourceLocation: sourceLocation)
  }

  private static func isSame(_ read: SealedBytes.Member, _ written: SealedBytes.Member) -> Bool {
    guard read.traceID == written.traceID, read.record == written.record else { return false }
    return read.span == written.span && read.scope == written.scope && read.resource == written.resource
  }
}
