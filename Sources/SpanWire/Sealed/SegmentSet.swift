package import SpanModel

/// The sealed segments that become part of a store together, in the place of one log segment.
///
///     byte 0       8         10       12     16         32    40             44
///          ┌───────┬─────────┬────────┬──────┬──────────┬─────┬──────────────┬─────
///          │ magic │ version │ zeroes │ lane │ store id │ log │ output count │ …
///          └───────┴─────────┴────────┴──────┴──────────┴─────┴──────────────┴─────
///     byte 44              48       60         64
///          ┌───────────────┬────────┬──────────┬─────────┐
///          │ list checksum │ zeroes │ checksum │ outputs │
///          └───────────────┴────────┴──────────┴─────────┘
///
/// `log` is the log segment's sequence; outputs are theirs, 8 bytes each, ascending. The first checksum is of
/// these, the second of all bytes before it. All of it stands once: as long as a set is there, so is the log
/// segment.
package struct SegmentSet: Equatable, Sendable {
  package static let headerByteCount = 64
  package static let version: UInt16 = 1
  package static let magic: UInt64 = 0x5467_6f6c_6e61_7073  // "spanlogT" in memory order
  package static let outputCountMax = RecordOwner.countMaxOfSegment
  package static let byteCountMax = headerByteCount + 8 * outputCountMax
  private static let listChecksumPosition = 44
  private static let checksumPosition = 60

  package let storeID: StoreID
  package let lane: UInt32
  package let log: SegmentSequence
  package let outputs: [SegmentSequence]

  package init(storeID: StoreID, lane: UInt32, log: SegmentSequence, outputs: [SegmentSequence]) {
    precondition((1...Self.outputCountMax).contains(outputs.count), "no set has so many outputs")
    self.storeID = storeID
    self.lane = lane
    self.log = log
    self.outputs = outputs
  }

  /// All bytes of the file.
  package func encoded() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.headerByteCount + 8 * outputs.count)
    bytes.withUnsafeMutableBytes { buffer in
      // SAFETY: the array has room for the header and all outputs.
      let base = buffer.baseAddress.unsafelyUnwrapped
      base.storeLittleEndian(Self.magic, at: 0)
      base.storeLittleEndian(Self.version, at: 8)
      base.storeLittleEndian(lane, at: 12)
      storeID.encode(to: base + 16)
      base.storeLittleEndian(log.rawValue, at: 32)
      base.storeLittleEndian(UInt32(outputs.count), at: 40)
      for (number, output) in outputs.enumerated() {
        base.storeLittleEndian(output.rawValue, at: Self.headerByteCount + 8 * number)
      }
      let list = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[Self.headerByteCount...])
      base.storeLittleEndian(CRC32C.checksum(list), at: Self.listChecksumPosition)
      let covered = UnsafeRawBufferPointer(start: base, count: Self.checksumPosition)
      base.storeLittleEndian(CRC32C.checksum(covered), at: Self.checksumPosition)
    }
    return bytes
  }

  /// Reads all bytes of a file.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard bytes.count >= Self.headerByteCount, let base = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.headerByteCount)
    }
    let magic: UInt64 = base.littleEndian(at: 0)
    guard magic == Self.magic else { throw .magic(found: magic) }
    let header = UnsafeRawBufferPointer(start: base, count: Self.checksumPosition)
    try Self.check(header, base, at: Self.checksumPosition)
    let version: UInt16 = base.littleEndian(at: 8)
    guard version == Self.version else { throw .version(found: Int(version), newest: Int(Self.version)) }
    let count: UInt32 = base.littleEndian(at: 40)
    guard (1...UInt32(Self.outputCountMax)).contains(count),
      bytes.count == Self.headerByteCount + 8 * Int(count)
    else { throw .field("output count") }
    let list = UnsafeRawBufferPointer(rebasing: bytes[Self.headerByteCount...])
    try Self.check(list, base, at: Self.listChecksumPosition)
    guard base.littleEndian(at: 10, as: UInt16.self) == 0,
      UnsafeRawBufferPointer(start: base + 48, count: 12).isAllZero
    else { throw .field("unused bytes") }
    let outputs = (0..<Int(count)).map { number in
      SegmentSequence(base.littleEndian(at: Self.headerByteCount + 8 * number))
    }
    guard zip(outputs, outputs.dropFirst()).allSatisfy(<), outputs.allSatisfy({ $0.rawValue < 1 << 63 })
    else { throw .field("outputs") }
    lane = base.littleEndian(at: 12)
    storeID = StoreID(decoding: base + 16)
    log = SegmentSequence(base.littleEndian(at: 32))
    self.outputs = outputs
  }

  private static func check(
    _ covered: UnsafeRawBufferPointer, _ base: UnsafeRawPointer, at position: Int
  ) throws(FormatError) {
    let computed = CRC32C.checksum(covered)
    let stored: UInt32 = base.littleEndian(at: position)
    guard computed == stored else { throw .checksum(computed: computed, stored: stored) }
  }
}
