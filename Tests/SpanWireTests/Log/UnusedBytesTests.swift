import SpanModel
import SpanWire
import Testing

/// Bytes that version 1 leaves unused are zero: one that is not, under a checksum that fits, is refused.
struct UnusedBytesTests {
  private static let salt = FileSalt(high: 3, low: 4)

  @Test(arguments: [84, 95, 96 + 20, 96 + 23, 96 + 24, 2043])
  func `those of a segment's header`(byte: Int) throws {
    let header = SegmentHeader(
      lane: 0, storeID: StoreID(high: 1, low: 2), sequence: SegmentSequence(1),
      created: Timestamp(nanoseconds: 5), capacity: 65_536, salt: Self.salt, indexSlotCount: 64,
      indexEntryCount: 9, tails: [RecoveredTail(segment: SegmentSequence(7), end: 8192, frameChecksum: 6)])
    var bytes = Array(header.encodedPage()[..<SegmentHeader.byteCount])
    #expect(try bytes.withUnsafeBytes { try SegmentHeader(decoding: $0) } == header)
    bytes[byte] = 1
    Self.seal(&bytes, at: 2044)
    #expect(throws: FormatError.self) { try bytes.withUnsafeBytes { try SegmentHeader(decoding: $0) } }
  }

  @Test(arguments: [12, 15, 72, 507])
  func `those of the identity`(byte: Int) throws {
    let identity = StoreIdentity(
      storeID: StoreID(high: 1, low: 2), hashKey: HashKey(high: 3, low: 4),
      created: Timestamp(nanoseconds: 5), nextSequence: RecordSequence(6), nextSegment: SegmentSequence(7))
    var bytes = Array(identity.encoded()[..<StoreIdentity.byteCount])
    #expect(try bytes.withUnsafeBytes { try StoreIdentity(decoding: $0) } == identity)
    bytes[byte] = 1
    Self.seal(&bytes, at: 508)
    #expect(throws: FormatError.self) { try bytes.withUnsafeBytes { try StoreIdentity(decoding: $0) } }
  }

  @Test(arguments: [132, 135, 152, 4091])
  func `those of an index's header`(byte: Int) throws {
    let header = IndexHeader(
      storeID: StoreID(high: 1, low: 2), segment: SegmentSequence(3), salt: Self.salt,
      summary: IndexHeader.Summary(), traceCount: 1, entryCount: 1, fenceChecksum: 9)
    var bytes = header.encoded()
    #expect(try bytes.withUnsafeBytes { try IndexHeader(decoding: $0) } == header)
    bytes[byte] = 1
    Self.seal(&bytes, at: 4092)
    #expect(throws: FormatError.self) { try bytes.withUnsafeBytes { try IndexHeader(decoding: $0) } }
  }

  @Test(arguments: [8, 15, 28, 4095])
  func `those of an index's page`(byte: Int) throws {
    var bytes = [UInt8](repeating: 0, count: IndexPage.byteCount)
    let entry = IndexEntry(tag: 1, recordPosition8: 2, trace: 3)
    bytes.withUnsafeMutableBytes {
      IndexPage.encode([entry], to: $0.baseAddress!, salt: Self.salt, position: 8192)
    }
    func check() throws {
      try bytes.withUnsafeBytes {
        let page = try IndexPage(checking: $0.baseAddress!, salt: Self.salt, position: 8192)
        #expect(page.entryCount == 1 && page.entry(0) == entry)
      }
    }
    try check()
    bytes[byte] = 1
    let checksum =
      bytes[4...].withUnsafeBytes { CRC32C.checksum($0) } ^ Self.salt.mask(at: 8192)
    bytes.replaceSubrange(..<4, with: withUnsafeBytes(of: checksum.littleEndian, Array.init))
    #expect(throws: FormatError.self) { try check() }
  }

  /// Puts the checksum of all before it to `position`.
  private static func seal(_ bytes: inout [UInt8], at position: Int) {
    let checksum = bytes[..<position].withUnsafeBytes { CRC32C.checksum($0) }
    bytes.replaceSubrange(
      position..<position + 4, with: withUnsafeBytes(of: checksum.littleEndian, Array.init))
  }
}
