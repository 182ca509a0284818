package import SpanModel

/// The fixed 128 bytes in front of a frame: a group of records written and synced together.
///
///     byte 0       4         5       6       8          16                 24       32
///          ┌───────┬─────────┬───────┬───────┬──────────┬──────────────────┬────────┬─────
///          │ magic │ version │ codec │ flags │ identity │ segment sequence │ number │ …
///          └───────┴─────────┴───────┴───────┴──────────┴──────────────────┴────────┴─────
///     byte 32                   40              48     56               64             68
///          ┌────────────────────┬───────────────┬──────┬────────────────┬──────────────┬─────
///          │ payload byte count │ durable up to │ time │ first sequence │ record count │ …
///          └────────────────────┴───────────────┴──────┴────────────────┴──────────────┴─────
///     byte 68                  72                 76       124
///          ┌───────────────────┬──────────────────┬────────┬──────────┐
///          │ previous checksum │ records checksum │ zeroes │ checksum │
///          └───────────────────┴──────────────────┴────────┴──────────┘
///
/// Frames begin at multiples of 4096 and are padded with zeroes to the next. `durable up to` promises that
/// every byte of the file below it was synced before this frame was built: by it, recovery tells a torn
/// tail from corruption. `records checksum` covers the record headers' checksums in order, each of which
/// covers its page checksums: so `previous checksum`, the header checksum of the frame before, commits to
/// all that came earlier in the file.
package struct FrameHeader: Equatable, Sendable {
  package static let byteCount = 128
  package static let alignment: UInt64 = 4096
  package static let version = 1
  /// "SPFR", read as a little-endian number.
  package static let magic: UInt32 = 0x5246_5053

  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    /// The last frame of a file that was closed in order; nothing follows it.
    package static let closing = Flags(rawValue: 1)
  }

  package var flags: Flags
  package var segment: SegmentSequence
  /// 1 for the first frame of a file, then one more for each.
  package var number: UInt64
  /// Bytes between this header and the padding.
  package var payloadByteCount: UInt64
  package var durableUpTo: UInt64
  package var time: Timestamp
  /// The first record's sequence; the next one to be given when the frame is empty.
  package var firstSequence: RecordSequence
  package var recordCount: UInt32
  package var previousChecksum: UInt32
  package var recordsChecksum: UInt32
  /// As stored; computed by `encode`.
  package private(set) var checksum: UInt32 = 0

  package init(
    flags: Flags = [], segment: SegmentSequence, number: UInt64, payloadByteCount: UInt64,
    durableUpTo: UInt64, time: Timestamp, firstSequence: RecordSequence, recordCount: UInt32,
    previousChecksum: UInt32, recordsChecksum: UInt32
  ) {
    self.flags = flags
    self.segment = segment
    self.number = number
    self.payloadByteCount = payloadByteCount
    self.durableUpTo = durableUpTo
    self.time = time
    self.firstSequence = firstSequence
    self.recordCount = recordCount
    self.previousChecksum = previousChecksum
    self.recordsChecksum = recordsChecksum
  }

  /// Header, payload and padding.
  package var alignedByteCount: UInt64 { Self.alignedByteCount(payload: payloadByteCount) }

  package static func alignedByteCount(payload: UInt64) -> UInt64 {
    (UInt64(byteCount) + payload + alignment - 1) & ~(alignment - 1)
  }
}

extension FrameHeader {
  /// Writes the 128 bytes for a frame at `position` of the file with `salt`.
  package mutating func encode(to bytes: UnsafeMutableRawPointer, salt: FileSalt, position: UInt64) {
    bytes.initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount)
    bytes.storeLittleEndian(Self.magic, at: 0)
    bytes.storeLittleEndian(UInt8(Self.version), at: 4)
    bytes.storeLittleEndian(flags.rawValue, at: 6)
    bytes.storeLittleEndian(salt.identity(at: position), at: 8)
    bytes.storeLittleEndian(segment.rawValue, at: 16)
    bytes.storeLittleEndian(number, at: 24)
    bytes.storeLittleEndian(payloadByteCount, at: 32)
    bytes.storeLittleEndian(durableUpTo, at: 40)
    bytes.storeLittleEndian(time.nanoseconds, at: 48)
    bytes.storeLittleEndian(firstSequence.rawValue, at: 56)
    bytes.storeLittleEndian(recordCount, at: 64)
    bytes.storeLittleEndian(previousChecksum, at: 68)
    bytes.storeLittleEndian(recordsChecksum, at: 72)
    checksum = CRC32C.checksum(UnsafeRawBufferPointer(start: bytes, count: 124)) ^ salt.mask(at: position)
    bytes.storeLittleEndian(checksum, at: 124)
  }

  /// Reads the 128 bytes at `position` of the file with `salt`.
  package init(decoding bytes: UnsafeRawBufferPointer, salt: FileSalt, position: UInt64) throws(FormatError) {
    guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.byteCount)
    }
    let magic: UInt32 = start.littleEndian(at: 0)
    guard magic == Self.magic else { throw .magic(found: UInt64(magic)) }
    guard start.littleEndian(at: 8) == salt.identity(at: position) else { throw .identity }
    let computed = CRC32C.checksum(UnsafeRawBufferPointer(start: start, count: 124)) ^ salt.mask(at: position)
    checksum = start.littleEndian(at: 124)
    guard computed == checksum else { throw .checksum(computed: computed, stored: checksum) }
    let version: UInt8 = start.littleEndian(at: 4)
    guard version == Self.version else { throw .version(found: Int(version), newest: Self.version) }
    guard start.littleEndian(at: 5, as: UInt8.self) == 0 else { throw .field("codec") }
    guard UnsafeRawBufferPointer(start: start + 76, count: 48).isAllZero else { throw .field("zeroes") }
    flags = Flags(rawValue: start.littleEndian(at: 6))
    guard flags.isSubset(of: [.closing]) else { throw .field("flags") }
    segment = SegmentSequence(start.littleEndian(at: 16))
    number = start.littleEndian(at: 24)
    payloadByteCount = start.littleEndian(at: 32)
    durableUpTo = start.littleEndian(at: 40)
    time = Timestamp(nanoseconds: start.littleEndian(at: 48))
    firstSequence = RecordSequence(start.littleEndian(at: 56))
    recordCount = start.littleEndian(at: 64)
    previousChecksum = start.littleEndian(at: 68)
    recordsChecksum = start.littleEndian(at: 72)
    guard firstSequence.rawValue < 1 << 63 else { throw .field("first sequence") }
    guard durableUpTo <= position else { throw .field("durable up to") }
    guard payloadByteCount <= UInt64(Int64.max) - position else { throw .field("payload byte count") }
  }
}
