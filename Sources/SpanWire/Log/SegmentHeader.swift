package import SpanModel

/// The first page of an active segment: what file this is.
///
///     byte 0       8         10      12     16         32         40        48         56     72
///          ┌───────┬─────────┬───────┬──────┬──────────┬──────────┬─────────┬──────────┬──────┬─────
///          │ magic │ version │ flags │ lane │ store id │ sequence │ created │ capacity │ salt │ …
///          └───────┴─────────┴───────┴──────┴──────────┴──────────┴─────────┴──────────┴──────┴─────
///     byte 72           76            80           84       96              2044
///          ┌────────────┬─────────────┬────────────┬────────┬───────┬────────┬──────────┐
///          │ slot count │ entry count │ tail count │ zeroes │ tails │ zeroes │ checksum │
///          └────────────┴─────────────┴────────────┴────────┴───────┴────────┴──────────┘
///
/// It stands twice, at byte 0 and at byte 2048, because without the salt nothing else can be read. It is
/// synced before the file gets its name, so no crash leaves it half-written.
package struct SegmentHeader: Equatable, Sendable {
  package static let byteCount = 2048
  /// Where the first frame stands: behind both copies.
  package static let pageByteCount = 4096
  package static let version = 1
  /// "spanlogA", read as a little-endian number.
  package static let magic: UInt64 = 0x4167_6f6c_6e61_7073
  /// One for each lane of an earlier process, which had far fewer; 81 would fit.
  package static let tailCountMax = 64
  private static let tailPosition = 96
  private static let checksumPosition = 2044

  package var isMadeToMeasure: Bool
  /// Behind the frames stand bytes of an earlier life of the file, not zeroes.
  package var isRecycled: Bool
  package var lane: UInt32
  package var storeID: StoreID
  package var sequence: SegmentSequence
  package var created: Timestamp
  /// Bytes the file was laid out with.
  package var capacity: UInt64
  package var salt: FileSalt
  package var indexSlotCount: UInt32
  package var indexEntryCount: UInt32
  /// Where the files ended that recovery found without a closing frame when this file was made.
  package var tails: [RecoveredTail]

  package init(
    isMadeToMeasure: Bool = false, isRecycled: Bool = false, lane: UInt32, storeID: StoreID,
    sequence: SegmentSequence, created: Timestamp,
    capacity: UInt64, salt: FileSalt, indexSlotCount: UInt32, indexEntryCount: UInt32,
    tails: [RecoveredTail] = []
  ) {
    precondition(tails.count <= Self.tailCountMax, "more recovered tails than lanes")
    self.isMadeToMeasure = isMadeToMeasure
    self.isRecycled = isRecycled
    self.lane = lane
    self.storeID = storeID
    self.sequence = sequence
    self.created = created
    self.capacity = capacity
    self.salt = salt
    self.indexSlotCount = indexSlotCount
    self.indexEntryCount = indexEntryCount
    self.tails = tails
  }
}

extension SegmentHeader {
  /// Both copies.
  package func encodedPage() -> [UInt8] {
    var page = [UInt8](repeating: 0, count: Self.pageByteCount)
    page.withUnsafeMutableBytes { bytes in
      // SAFETY: the page is 4096 bytes long, each copy 2048.
      encode(to: bytes.baseAddress!)
      encode(to: bytes.baseAddress! + Self.byteCount)
    }
    return page
  }

  private func encode(to bytes: UnsafeMutableRawPointer) {
    bytes.storeLittleEndian(Self.magic, at: 0)
    bytes.storeLittleEndian(UInt16(Self.version), at: 8)
    bytes.storeLittleEndian(UInt16(isMadeToMeasure ? 1 : 0) | (isRecycled ? 2 : 0), at: 10)
    bytes.storeLittleEndian(lane, at: 12)
    storeID.encode(to: bytes + 16)
    bytes.storeLittleEndian(sequence.rawValue, at: 32)
    bytes.storeLittleEndian(created.nanoseconds, at: 40)
    bytes.storeLittleEndian(capacity, at: 48)
    bytes.storeLittleEndian(salt.high, at: 56)
    bytes.storeLittleEndian(salt.low, at: 64)
    bytes.storeLittleEndian(indexSlotCount, at: 72)
    bytes.storeLittleEndian(indexEntryCount, at: 76)
    bytes.storeLittleEndian(UInt32(tails.count), at: 80)
    for (number, tail) in tails.enumerated() {
      tail.encode(to: bytes + Self.tailPosition + number * RecoveredTail.byteCount)
    }
    let checksum = CRC32C.checksum(UnsafeRawBufferPointer(start: bytes, count: Self.checksumPosition))
    bytes.storeLittleEndian(checksum, at: Self.checksumPosition)
  }

  private static func unusedBytes(tailCount: Int) -> [Range<Int>] {
    let tails = (0..<tailCount).map { number in
      let end = tailPosition + (number + 1) * RecoveredTail.byteCount
      return end - RecoveredTail.unusedByteCount..<end
    }
    return [84..<tailPosition, tailPosition + tailCount * RecoveredTail.byteCount..<checksumPosition] + tails
  }

  /// Reads one copy.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.byteCount)
    }
    let magic: UInt64 = start.littleEndian(at: 0)
    guard magic == Self.magic else { throw .magic(found: magic) }
    // The version comes before the checksum: a newer format may keep its checksum elsewhere.
    let version: UInt16 = start.littleEndian(at: 8)
    guard version <= Self.version else { throw .version(found: Int(version), newest: Self.version) }
    let covered = UnsafeRawBufferPointer(start: start, count: Self.checksumPosition)
    let computed = CRC32C.checksum(covered)
    let stored: UInt32 = start.littleEndian(at: Self.checksumPosition)
    guard computed == stored else { throw .checksum(computed: computed, stored: stored) }
    guard version > 0 else { throw .field("version") }
    let flags: UInt16 = start.littleEndian(at: 10)
    guard flags & ~3 == 0 else { throw .field("flags") }
    let tailCount: UInt32 = start.littleEndian(at: 80)
    guard tailCount <= Self.tailCountMax else { throw .field("tail count") }
    guard
      Self.unusedBytes(tailCount: Int(tailCount)).allSatisfy({
        UnsafeRawBufferPointer(rebasing: covered[$0]).isAllZero
      })
    else {
      throw .field("zeroes")
    }
    isMadeToMeasure = flags & 1 != 0
    isRecycled = flags & 2 != 0
    lane = start.littleEndian(at: 12)
    storeID = StoreID(decoding: start + 16)
    sequence = SegmentSequence(start.littleEndian(at: 32))
    created = Timestamp(nanoseconds: start.littleEndian(at: 40))
    capacity = start.littleEndian(at: 48)
    salt = FileSalt(high: start.littleEndian(at: 56), low: start.littleEndian(at: 64))
    indexSlotCount = start.littleEndian(at: 72)
    indexEntryCount = start.littleEndian(at: 76)
    tails = (0..<Int(tailCount)).map { number in
      RecoveredTail(decoding: start + Self.tailPosition + number * RecoveredTail.byteCount)
    }
    guard sequence.rawValue < 1 << 63 else { throw .field("sequence") }
    guard indexSlotCount > 0, indexSlotCount & (indexSlotCount - 1) == 0 else { throw .field("slot count") }
  }
}
