import Foundation
import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// Holds the worked example of a sealed segment in `docs/format.md` against the code.
struct SealedExampleTests {
  /// The file whose bytes stand between the marks in the document: zeroes and the second footer are left out.
  private static func documented() throws -> [UInt8] {
    let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
    let page = try String(contentsOf: root.appending(path: "docs/format.md"), encoding: .utf8)
    let parts = page.components(separatedBy: "<!-- example: sealed -->\n```\n")
    let block = try #require(parts.count == 2 ? parts[1].components(separatedBy: "```").first : nil)
    var bytes: [UInt8] = []
    for line in block.split(separator: "\n") {
      // "0040  00 01 … " and then what it is, behind two spaces.
      let columns = line.components(separatedBy: "  ")
      let position = try #require(Int(columns[0], radix: 16))
      try #require(position >= bytes.count)
      bytes += [UInt8](repeating: 0, count: position - bytes.count)
      for digits in columns[1].split(separator: " ") {
        bytes.append(try #require(UInt8(digits, radix: 16)))
      }
    }
    return bytes + bytes.prefix(SealedFooter.byteCount)
  }

  private static let traceID = TraceID(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10)

  private static let span: [UInt8] = {
    var span = ProtobufWriter()
    span.writeBytes((1...16).map { UInt8($0) }, field: 1)
    span.writeBytes((1...8).map { UInt8($0) }, field: 2)
    span.writeString("a", field: 5)
    return span.bytes
  }()

  private static let record = SealedRecord(
    sequence: RecordSequence(9), arrival: Timestamp(nanoseconds: 1_000_000_000), acceptedSpanCount: 1,
    rejectedSpanCount: 0, rulesVersion: 1)

  private static func encoded() throws -> [UInt8] {
    let storeID = StoreID(high: 0x0001_0203_0405_0607, low: 0x0809_0a0b_0c0d_0e0f)
    let hashKey = HashKey(high: 1, low: 2)
    var body: [UInt8] = []
    let footer = SealedFooter(storeID: storeID, sequence: SegmentSequence(3), hashKey: hashKey)
    let encoder = SegmentEncoder(footer) { body += $0 }
    encoder.supersedes = [SupersededSegment(log: SegmentSequence(1), lane: 0, of: storeID)]
    encoder.beginTrace(traceID, hash: TraceIDHash(key: hashKey).hash(of: traceID))
    let envelope: [UInt8] = [0x0a, 0]
    let resource = envelope.withUnsafeBytes { encoder.resource($0) }
    let scope = envelope.withUnsafeBytes { encoder.scope($0, resource: resource) }
    let number = encoder.record(record)
    try span.withUnsafeBytes { try encoder.add($0, scope: scope, record: number) }
    try encoder.endTrace()
    return try encoder.finish().encoded() + body
  }

  /// But for the table of sections: it is compressed, which another release of LZ4 may do in another way.
  @Test func `the encoder writes the bytes of the document's example`() throws {
    let bytes = try Self.encoded()
    let documented = try Self.documented()
    let tablePosition = try Int(SealedReading(bytes).layout.footer.tablePosition)
    let written = bytes[SealedFooter.byteCount..<tablePosition]
    if written != documented[SealedFooter.byteCount..<tablePosition] {
      for start in stride(from: 0, to: bytes.count - SealedFooter.byteCount, by: 16) {
        let row = bytes[start..<start + 16].map { String(format: "%02x", $0) }.joined(separator: " ")
        print(String(format: "%04x", start), "", row)
      }
    }
    #expect(written == documented[SealedFooter.byteCount..<tablePosition])
    #expect(try SealedReading(bytes).layout.sections == SealedReading(documented).layout.sections)
  }

  @Test func `both readers read the document's example`() throws {
    let bytes = try Self.documented()
    let expected = SealedBytes.Member(
      traceID: Self.traceID, spanID: 0x0102_0304_0506_0708, span: Self.span, resource: [0x0a, 0],
      scope: [0x0a, 0], record: Self.record)
    #expect(try PlainSealedReader(bytes).members == [expected])
    let reading = try SealedReading(bytes)
    #expect(reading.members == [expected])
    #expect(!reading.isFooterDamaged)
    #expect(reading.layout.footer.spanCount == 1 && reading.layout.footer.rawByteCount == 31)
    #expect(reading.supersedes.map(\.sequence) == [SegmentSequence(1)])
  }
}
