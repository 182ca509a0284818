import Foundation
import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// Holds the worked example of `docs/format.md` against the code, so that page and code cannot drift.
struct FormatExampleTests {
  private static let salt = FileSalt(high: 0x1111_1111_1111_1111, low: 0x2222_2222_2222_2222)
  private static let position: UInt64 = 4096

  /// The bytes between the marks in the document.
  private static func documented() throws -> [UInt8] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/format.md"), encoding: .utf8)
    let parts = page.components(separatedBy: "<!-- example: frame -->\n```\n")
    let block = try #require(parts.count == 2 ? parts[1].components(separatedBy: "```").first : nil)
    var bytes: [UInt8] = []
    for line in block.split(separator: "\n") {
      // "0040  00 01 … " and then what it is, behind two spaces.
      let columns = line.components(separatedBy: "  ")
      for digits in columns[1].split(separator: " ") {
        bytes.append(try #require(UInt8(digits, radix: 16)))
      }
    }
    return bytes
  }

  private static func request() -> [UInt8] {
    var span = ProtobufWriter()
    span.writeBytes((1...16).map { UInt8($0) }, field: 1)
    span.writeBytes((1...8).map { UInt8($0) }, field: 2)
    span.writeString("a", field: 5)
    var scope = ProtobufWriter()
    scope.writeBytes(span.bytes, field: 2)
    var resource = ProtobufWriter()
    resource.writeBytes(scope.bytes, field: 2)
    var request = ProtobufWriter()
    request.writeBytes(resource.bytes, field: 1)
    return request.bytes
  }

  /// Header, record and directory as the encoders write them.
  private static func encoded() throws -> [UInt8] {
    let body = request()
    var batch = SpanBatch()
    try body.withUnsafeBytes { try batch.scan($0) }
    var builder = DirectoryBuilder(hashKey: HashKey(high: 1, low: 2))
    let counts = builder.group(batch)
    let layout = RecordLayout(
      bodyByteCount: body.count, directoryByteCount: counts.directoryByteCount, isAligned: false,
      at: position + UInt64(FrameHeader.byteCount))
    var bytes = [UInt8](repeating: 0, count: FrameHeader.byteCount + layout.byteCount)
    bytes.withUnsafeMutableBytes { bytes in
      let start = bytes.baseAddress!
      let record = start + FrameHeader.byteCount
      let recordPosition = position + UInt64(FrameHeader.byteCount)
      (record + layout.bodyPosition).copyMemory(from: body, byteCount: body.count)
      builder.encode(batch, counts: counts, to: record + layout.directoryPosition)
      let table = record + layout.tablePosition
      PageTable.encode(
        pagesOf: UnsafeRawBufferPointer(start: record + layout.bodyPosition, count: body.count), to: table)
      PageTable.encode(
        pagesOf: UnsafeRawBufferPointer(
          start: record + layout.directoryPosition, count: layout.directoryByteCount),
        to: table + 4)
      PageTable.salt(table, pageCount: 1, position: recordPosition + UInt64(layout.bodyPosition), salt: salt)
      PageTable.salt(
        table + 4, pageCount: 1, position: recordPosition + UInt64(layout.directoryPosition), salt: salt)
      let tableChecksum =
        CRC32C.checksum(UnsafeRawBufferPointer(start: table, count: 8))
        ^ salt.mask(at: recordPosition + UInt64(layout.tablePosition))
      var header = RecordHeader(
        kind: .request, rulesVersion: 1, sequence: RecordSequence(1),
        arrival: Timestamp(nanoseconds: 1_000_000_000),
        tenant: 0, partition: 0, bodyByteCount: UInt32(body.count), distanceInFrame: 128,
        rejectedSpanCount: 0,
        counts: counts, tableChecksum: tableChecksum)
      header.encode(to: record, salt: salt, position: recordPosition)
      var checksum = header.checksum.littleEndian
      var frame = FrameHeader(
        segment: SegmentSequence(1), number: 1, payloadByteCount: UInt64(layout.byteCount), durableUpTo: 4096,
        time: Timestamp(nanoseconds: 1_000_000_000), firstSequence: RecordSequence(1), recordCount: 1,
        previousChecksum: 0, recordsChecksum: withUnsafeBytes(of: &checksum) { CRC32C.checksum($0) })
      frame.encode(to: start, salt: salt, position: position)
    }
    return bytes
  }

  @Test func `the encoders write the bytes of the document's example`() throws {
    let bytes = try Self.encoded()
    if try bytes != Self.documented() {
      for start in stride(from: 0, to: bytes.count, by: 16) {
        let row = bytes[start..<min(start + 16, bytes.count)]
        let digits = row.map { String(format: "%02x", $0) }.joined(separator: " ")
        print(String(format: "%04x", start) + "  " + digits)
      }
    }
    #expect(try bytes == Self.documented())
  }

  @Test func `the decoders read the document's example`() throws {
    let bytes = try Self.documented()
    try bytes.withUnsafeBytes { bytes in
      let frame = try FrameHeader(decoding: bytes, salt: Self.salt, position: Self.position)
      #expect(frame.recordCount == 1 && frame.number == 1 && frame.durableUpTo == 4096)
      let recordBytes = UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount...])
      let recordPosition = Self.position + UInt64(FrameHeader.byteCount)
      let record = try RecordHeader(decoding: recordBytes, salt: Self.salt, position: recordPosition)
      let layout = RecordLayout(of: record, at: recordPosition)
      #expect(recordBytes.count == layout.byteCount)
      let body = recordBytes[layout.bodyPosition..<layout.bodyPosition + layout.bodyByteCount]
      #expect(Array(body) == Self.request())
      let trace = DirectoryTrace(decoding: recordBytes.baseAddress! + layout.directoryPosition)
      #expect(trace.traceID == TraceID("0102030405060708090a0b0c0d0e0f10"))
      let spanPlace = recordBytes.baseAddress! + layout.directoryPosition + record.counts.spanTablePosition
      let span = DirectorySpan(decoding: spanPlace)
      #expect(span.slice == Slice(position: 6, byteCount: 31))
    }
  }
}
