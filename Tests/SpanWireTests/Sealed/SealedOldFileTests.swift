import Foundation
import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// Reads sealed segments that earlier releases wrote; they are kept for ever.
struct SealedOldFileTests {
  /// Of store 11, 12 and segment 3: the sample's 30 spans, and 40 of one trace that were made for the
  /// dictionary, patterns and spans that are kept whole.
  private static func bytes() throws -> [UInt8] {
    let fixtures = URL(filePath: #filePath).appending(path: "../../../Fixtures").standardizedFileURL
    let name = "v1/000000000000000b000000000000000c-0000000000000003.sealed"
    return Array(try Data(contentsOf: fixtures.appending(path: name)))
  }

  @Test func `a sealed segment of version 1 reads as when it was written, with both readers`() throws {
    let bytes = try Self.bytes()
    let reading = try SealedReading(bytes)
    #expect(!reading.isFooterDamaged)
    #expect(reading.layout.footer.spanCount == 70 && reading.layout.footer.rowGroupCount == 2)
    #expect(reading.supersedes == SealedBytes.supersedes && reading.tombstones == SealedBytes.tombstones)
    #expect(try PlainSealedReader(bytes).members == reading.members)
    #expect(Self.checksum(of: reading.members) == 637_953_726)
  }

  @Test func `a span of a pattern reads as the text it was`() throws {
    let trace = TraceID(high: 0xfeed, low: 0xbeef)
    let spans = try SealedReading(Self.bytes()).members.filter { $0.traceID == trace }
    #expect(spans.map(\.spanID) == Array(1...40))
    let text = Array("user 37035 abcdef15".utf8)
    #expect(spans[2].span.suffix(text.count) == text[...])
  }

  @Test func `its filter knows its traces`() throws {
    let reading = try SealedReading(Self.bytes())
    let filter = try #require(reading.filter)
    let hash = TraceIDHash(key: reading.layout.footer.hashKey)
    #expect(reading.members.allSatisfy { filter.mayContain(hash.hash(of: $0.traceID)) })
    #expect(filter.keyCount == 6)
  }

  private static func checksum(of members: [SealedBytes.Member]) -> UInt32 {
    var checksum: UInt32 = 0
    for member in members {
      for bytes in [member.span, member.resource, member.scope] {
        checksum = bytes.withUnsafeBytes { CRC32C.checksum($0, continuing: checksum) }
      }
    }
    return checksum
  }
}
