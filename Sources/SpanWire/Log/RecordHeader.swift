package import SpanModel

/// The fixed 96 bytes in front of a record.
///
///     byte 0      1         2       4               6                    8          16        24       28
///          ┌──────┬─────────┬───────┬───────────────┬────────────────────┬──────────┬─────────┬────────┬──
///          │ kind │ version │ flags │ rules version │ source range count │ sequence │ arrival │ tenant │ …
///          └──────┴─────────┴───────┴───────────────┴────────────────────┴──────────┴─────────┴────────┴──
///     byte 28          32                36         40               44               48            52
///          ┌───────────┬─────────────────┬──────────┬────────────────┬────────────────┬─────────────┬─────
///          │ partition │ body byte count │ in frame │ accepted spans │ rejected spans │ trace count │ …
///          └───────────┴─────────────────┴──────────┴────────────────┴────────────────┴─────────────┴─────
///     byte 52            56               60            64               68       92
///          ┌─────────────┬────────────────┬─────────────┬────────────────┬────────┬──────────┐
///          │ scope count │ resource count │ piece count │ table checksum │ zeroes │ checksum │
///          └─────────────┴────────────────┴─────────────┴────────────────┴────────┴──────────┘
///
/// Behind it stand the page table, the body and the directory (`RecordLayout`). `in frame` is the distance
/// to the frame's first byte. All checksums are salted with where they stand (`FileSalt`).
package struct RecordHeader: Equatable, Sendable {
  package static let byteCount = 96
  package static let version = 1

  /// What a record is; zero is never valid, so that zeroes are no record.
  package enum Kind: UInt8, Sendable {
    /// An OTLP request, its body exactly as received.
    case request = 1
    case tombstone = 2
    case sourceMark = 3
    case noOperation = 4
  }

  package var kind: Kind
  /// Whether body and directory begin at multiples of 512 of the file.
  package var isAligned: Bool
  /// Version of the rules by which spans were accepted or rejected.
  package var rulesVersion: UInt16
  package var sequence: RecordSequence
  package var arrival: Timestamp
  package var tenant: UInt32
  package var partition: UInt32
  package var bodyByteCount: UInt32
  /// Bytes from the frame's first byte to this header's.
  package var distanceInFrame: UInt32
  package var rejectedSpanCount: UInt32
  package var counts: DirectoryCounts
  /// Checksum of the page table.
  package var tableChecksum: UInt32
  /// As stored; computed by `encode`.
  package private(set) var checksum: UInt32 = 0

  package init(
    kind: Kind, isAligned: Bool = false, rulesVersion: UInt16, sequence: RecordSequence, arrival: Timestamp,
    tenant: UInt32,
    partition: UInt32, bodyByteCount: UInt32, distanceInFrame: UInt32, rejectedSpanCount: UInt32,
    counts: DirectoryCounts, tableChecksum: UInt32
  ) {
    self.kind = kind
    self.isAligned = isAligned
    self.rulesVersion = rulesVersion
    self.sequence = sequence
    self.arrival = arrival
    self.tenant = tenant
    self.partition = partition
    self.bodyByteCount = bodyByteCount
    self.distanceInFrame = distanceInFrame
    self.rejectedSpanCount = rejectedSpanCount
    self.counts = counts
    self.tableChecksum = tableChecksum
  }
}

extension RecordHeader {
  /// Writes the 96 bytes for a record at `position` of the file with `salt`.
  package mutating func encode(to bytes: UnsafeMutableRawPointer, salt: FileSalt, position: UInt64) {
    bytes.initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount)
    bytes.storeLittleEndian(kind.rawValue, at: 0)
    bytes.storeLittleEndian(UInt8(Self.version), at: 1)
    bytes.storeLittleEndian(UInt16(isAligned ? 1 : 0), at: 2)
    bytes.storeLittleEndian(rulesVersion, at: 4)
    bytes.storeLittleEndian(counts.sourceRanges, at: 6)
    bytes.storeLittleEndian(sequence.rawValue, at: 8)
    bytes.storeLittleEndian(arrival.nanoseconds, at: 16)
    bytes.storeLittleEndian(tenant, at: 24)
    bytes.storeLittleEndian(partition, at: 28)
    bytes.storeLittleEndian(bodyByteCount, at: 32)
    bytes.storeLittleEndian(distanceInFrame, at: 36)
    bytes.storeLittleEndian(counts.spans, at: 40)
    bytes.storeLittleEndian(rejectedSpanCount, at: 44)
    bytes.storeLittleEndian(counts.traces, at: 48)
    bytes.storeLittleEndian(counts.scopes, at: 52)
    bytes.storeLittleEndian(counts.resources, at: 56)
    bytes.storeLittleEndian(counts.pieces, at: 60)
    bytes.storeLittleEndian(tableChecksum, at: 64)
    checksum = CRC32C.checksum(UnsafeRawBufferPointer(start: bytes, count: 92)) ^ salt.mask(at: position)
    bytes.storeLittleEndian(checksum, at: 92)
  }

  /// Reads the 96 bytes at `position` of the file with `salt`.
  package init(decoding bytes: UnsafeRawBufferPointer, salt: FileSalt, position: UInt64) throws(FormatError) {
    guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.byteCount)
    }
    let computed = CRC32C.checksum(UnsafeRawBufferPointer(start: start, count: 92)) ^ salt.mask(at: position)
    checksum = start.littleEndian(at: 92)
    guard computed == checksum else { throw .checksum(computed: computed, stored: checksum) }
    let version: UInt8 = start.littleEndian(at: 1)
    guard version == Self.version else { throw .version(found: Int(version), newest: Self.version) }
    guard let kind = Kind(rawValue: start.littleEndian(at: 0)) else { throw .field("kind") }
    let flags: UInt16 = start.littleEndian(at: 2)
    guard flags & ~1 == 0 else { throw .field("flags") }
    guard UnsafeRawBufferPointer(start: start + 68, count: 24).isAllZero else { throw .field("zeroes") }
    self.kind = kind
    isAligned = flags & 1 != 0
    rulesVersion = start.littleEndian(at: 4)
    sequence = RecordSequence(start.littleEndian(at: 8))
    arrival = Timestamp(nanoseconds: start.littleEndian(at: 16))
    tenant = start.littleEndian(at: 24)
    partition = start.littleEndian(at: 28)
    bodyByteCount = start.littleEndian(at: 32)
    distanceInFrame = start.littleEndian(at: 36)
    rejectedSpanCount = start.littleEndian(at: 44)
    counts = DirectoryCounts(
      traces: start.littleEndian(at: 48), spans: start.littleEndian(at: 40),
      scopes: start.littleEndian(at: 52),
      resources: start.littleEndian(at: 56), pieces: start.littleEndian(at: 60),
      sourceRanges: start.littleEndian(at: 6))
    tableChecksum = start.littleEndian(at: 64)
    guard UInt64(distanceInFrame) <= position else { throw .field("in frame") }
    guard sequence.rawValue < 1 << 63 else { throw .field("sequence") }
  }
}
