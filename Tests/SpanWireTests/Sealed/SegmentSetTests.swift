import Foundation
import SpanModel
import SpanWire
import Testing

struct SegmentSetTests {
  private let set = SegmentSet(
    storeID: StoreID(high: 11, low: 12), lane: 3, log: SegmentSequence(9),
    outputs: [10, 12, 1 << 40].map { SegmentSequence($0) })

  private func decoded(_ bytes: [UInt8]) throws -> SegmentSet {
    try bytes.withFormatBytes { (bytes) throws(FormatError) in try SegmentSet(decoding: bytes) }
  }

  @Test func `a set is read as it was written`() throws { #expect(try decoded(set.encoded()) == set) }

  @Test func `the example of the document is what is written`() throws {
    let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
    let page = try String(contentsOf: root.appending(path: "docs/format.md"), encoding: .utf8)
    let parts = page.components(separatedBy: "<!-- example: set -->\n```\n")
    let block = try #require(parts.count == 2 ? parts[1].components(separatedBy: "```").first : nil)
    let digits = block.split(separator: "\n").flatMap {
      $0.components(separatedBy: "  ")[1].split(separator: " ")
    }
    let example = SegmentSet(
      storeID: StoreID(high: 0x0001_0203_0405_0607, low: 0x0809_0a0b_0c0d_0e0f), lane: 0,
      log: SegmentSequence(1), outputs: [SegmentSequence(3), SegmentSequence(4)])
    #expect(digits.map { UInt8($0, radix: 16) } == example.encoded().map { $0 })
  }

  @Test func `as many outputs fit as a segment has owners`() throws {
    let outputs = (1...UInt64(SegmentSet.outputCountMax)).map { SegmentSequence($0) }
    let largest = SegmentSet(
      storeID: set.storeID, lane: 0, log: SegmentSequence(9), outputs: outputs)
    #expect(largest.encoded().count == SegmentSet.byteCountMax)
    #expect(try decoded(largest.encoded()) == largest)
  }

  @Test func `every changed bit, every cut and every byte more is noticed`() {
    let bytes = set.encoded()
    for bit in 0..<bytes.count * 8 {
      var mutant = bytes
      mutant[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: FormatError.self, "bit \(bit)") { try decoded(mutant) }
    }
    for byteCount in 0..<bytes.count {
      #expect(throws: FormatError.self, "\(byteCount) bytes") { try decoded(Array(bytes[..<byteCount])) }
    }
    #expect(throws: FormatError.self) { try decoded(bytes + [0]) }
    #expect(throws: FormatError.self) { try decoded(bytes + [UInt8](repeating: 0, count: 8)) }
  }

  @Test func `a newer version is told from damage`() {
    var bytes = set.encoded()
    bytes[8] = 2
    bytes.withUnsafeMutableBytes { buffer in
      let covered = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<60])
      buffer.storeBytes(of: CRC32C.checksum(covered).littleEndian, toByteOffset: 60, as: UInt32.self)
    }
    #expect(throws: FormatError.version(found: 2, newest: 1)) { try decoded(bytes) }
  }
}
