package import SpanModel

/// The first page of an index file: which segment it is of, what recovery would have learnt of that segment
/// by reading all of it, and how the pages lie.
///
///     byte 0       8         10      12                16         32        40     56    64
///          ┌───────┬─────────┬───────┬─────────────────┬──────────┬─────────┬──────┬─────┬─────
///          │ magic │ version │ flags │ frame checksum  │ store id │ segment │ salt │ end │ …
///          └───────┴─────────┴───────┴─────────────────┴──────────┴─────────┴──────┴─────┴─────
///     byte 64            72              80           88               96              104
///          ┌─────────────┬───────────────┬────────────┬────────────────┬───────────────┬─────
///          │ frame count │ request count │ span count │ rejected spans │ next sequence │ …
///          └─────────────┴───────────────┴────────────┴────────────────┴───────────────┴─────
///     byte 104           112           120              124               128                  132
///          ┌─────────────┬─────────────┬────────────────┬─────────────────┬────────────────────┬─────
///          │ trace count │ entry count │ fence checksum │ tombstone count │ tombstone checksum │ …
///          └─────────────┴─────────────┴────────────────┴─────────────────┴────────────────────┴─────
///     byte 132      136              144            152      4092
///          ┌────────┬────────────────┬──────────────┬────────┬──────────┐
///          │ zeroes │ first sequence │ last arrival │ zeroes │ checksum │
///          └────────┴────────────────┴──────────────┴────────┴──────────┘
///
/// Behind it stand the *fences*, the first tag of each page, at the next multiple of 4096 the pages, and
/// behind those the segment's tombstones. Once only: what is not whole is thrown away and made again from the
/// segment. Files of releases that knew no tombstones are zero from byte 124 on, and of those that knew no
/// retention by age from byte 144 on.
package struct IndexHeader: Equatable, Sendable {
  package static let byteCount = 4096
  package static let version = 1
  /// "spanlogX", read as a little-endian number.
  package static let magic: UInt64 = 0x5867_6f6c_6e61_7073
  package static let fencePosition = UInt64(byteCount)
  private static let checksumPosition = 4092
  /// Above all that a segment can hold: sums over all segments of a store do not overflow.
  private static let countEnd: UInt64 = 1 << 40

  /// What is known of the segment without reading it.
  package struct Summary: Equatable, Sendable {
    /// It ends with a closing frame.
    package var isClosed = false
    /// Where its last frame ends.
    package var end: UInt64 = 0
    package var frameCount: UInt64 = 0
    /// Header checksum of the last frame; zero when there is none.
    package var lastChecksum: UInt32 = 0
    package var requestCount: UInt64 = 0
    package var spanCount: UInt64 = 0
    package var rejectedSpanCount: UInt64 = 0
    /// Above all sequences of its records.
    package var nextSequence = RecordSequence(0)
    /// No request has a lower sequence; zero when that is not known, or when there are none.
    package var firstSequence = RecordSequence(0)
    /// When the last of its requests arrived; zero when that is not known, or when there are none.
    package var lastArrival = Timestamp(nanoseconds: 0)
    /// All of its tombstones, in order.
    package var tombstones: [Tombstone] = []

    package init() {}
  }

  package var storeID: StoreID
  package var segment: SegmentSequence
  /// Of the index file, not of the segment.
  package var salt: FileSalt
  package var summary: Summary
  /// Distinct tags.
  package var traceCount: UInt64
  package var entryCount: UInt64
  package var fenceChecksum: UInt32
  /// Those of the summary, which stand behind the pages.
  package let tombstoneCount: UInt32
  package var tombstoneChecksum: UInt32

  package init(
    storeID: StoreID, segment: SegmentSequence, salt: FileSalt, summary: Summary, traceCount: UInt64,
    entryCount: UInt64, fenceChecksum: UInt32, tombstoneChecksum: UInt32 = 0
  ) {
    self.storeID = storeID
    self.segment = segment
    self.salt = salt
    self.summary = summary
    self.traceCount = traceCount
    self.entryCount = entryCount
    self.fenceChecksum = fenceChecksum
    tombstoneCount = UInt32(summary.tombstones.count)
    self.tombstoneChecksum = tombstoneChecksum
  }

  package var pageCount: Int {
    (Int(entryCount) + IndexPage.entryCountMax - 1) / IndexPage.entryCountMax
  }

  package var fenceByteCount: Int { pageCount * 4 }

  package func pagePosition(_ number: Int) -> UInt64 {
    let fencePages = (fenceByteCount + IndexPage.byteCount - 1) / IndexPage.byteCount
    return Self.fencePosition + UInt64((fencePages + number) * IndexPage.byteCount)
  }

  package var tombstonePosition: UInt64 { pagePosition(pageCount) }
  package var tombstoneByteCount: Int { Int(tombstoneCount) * Tombstone.byteCount }

  package var fileByteCount: UInt64 {
    let tombstonePages = (tombstoneByteCount + IndexPage.byteCount - 1) / IndexPage.byteCount
    return tombstonePosition + UInt64(tombstonePages * IndexPage.byteCount)
  }
}

extension IndexHeader {
  package func encoded() -> [UInt8] {
    var page = [UInt8](repeating: 0, count: Self.byteCount)
    page.withUnsafeMutableBytes { buffer in
      // SAFETY: the array has 4096 bytes.
      let bytes = buffer.baseAddress!
      bytes.storeLittleEndian(Self.magic, at: 0)
      bytes.storeLittleEndian(UInt16(Self.version), at: 8)
      bytes.storeLittleEndian(UInt16(summary.isClosed ? 1 : 0), at: 10)
      bytes.storeLittleEndian(summary.lastChecksum, at: 12)
      storeID.encode(to: bytes + 16)
      bytes.storeLittleEndian(segment.rawValue, at: 32)
      bytes.storeLittleEndian(salt.high, at: 40)
      bytes.storeLittleEndian(salt.low, at: 48)
      bytes.storeLittleEndian(summary.end, at: 56)
      bytes.storeLittleEndian(summary.frameCount, at: 64)
      bytes.storeLittleEndian(summary.requestCount, at: 72)
      bytes.storeLittleEndian(summary.spanCount, at: 80)
      bytes.storeLittleEndian(summary.rejectedSpanCount, at: 88)
      bytes.storeLittleEndian(summary.nextSequence.rawValue, at: 96)
      bytes.storeLittleEndian(traceCount, at: 104)
      bytes.storeLittleEndian(entryCount, at: 112)
      bytes.storeLittleEndian(fenceChecksum, at: 120)
      bytes.storeLittleEndian(tombstoneCount, at: 124)
      bytes.storeLittleEndian(tombstoneChecksum, at: 128)
      bytes.storeLittleEndian(summary.firstSequence.rawValue, at: 136)
      bytes.storeLittleEndian(summary.lastArrival.nanoseconds, at: 144)
      let covered = UnsafeRawBufferPointer(start: bytes, count: Self.checksumPosition)
      bytes.storeLittleEndian(CRC32C.checksum(covered), at: Self.checksumPosition)
    }
    return page
  }

  /// Reads the page; the summary's tombstones are read by whoever reads what stands behind the pages.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.byteCount)
    }
    let magic: UInt64 = start.littleEndian(at: 0)
    guard magic == Self.magic else { throw .magic(found: magic) }
    let version: UInt16 = start.littleEndian(at: 8)
    guard version <= Self.version else { throw .version(found: Int(version), newest: Self.version) }
    let computed = CRC32C.checksum(UnsafeRawBufferPointer(start: start, count: Self.checksumPosition))
    let stored: UInt32 = start.littleEndian(at: Self.checksumPosition)
    guard computed == stored else { throw .checksum(computed: computed, stored: stored) }
    guard version > 0 else { throw .field("version") }
    guard UnsafeRawBufferPointer(start: start + 132, count: 4).isAllZero,
      UnsafeRawBufferPointer(start: start + 152, count: Self.checksumPosition - 152).isAllZero
    else { throw .field("zeroes") }
    let flags: UInt16 = start.littleEndian(at: 10)
    guard flags & ~1 == 0 else { throw .field("flags") }
    storeID = StoreID(decoding: start + 16)
    segment = SegmentSequence(start.littleEndian(at: 32))
    salt = FileSalt(high: start.littleEndian(at: 40), low: start.littleEndian(at: 48))
    summary = Summary()
    summary.isClosed = flags & 1 != 0
    summary.lastChecksum = start.littleEndian(at: 12)
    summary.end = start.littleEndian(at: 56)
    summary.frameCount = start.littleEndian(at: 64)
    summary.requestCount = start.littleEndian(at: 72)
    summary.spanCount = start.littleEndian(at: 80)
    summary.rejectedSpanCount = start.littleEndian(at: 88)
    summary.nextSequence = RecordSequence(start.littleEndian(at: 96))
    traceCount = start.littleEndian(at: 104)
    entryCount = start.littleEndian(at: 112)
    fenceChecksum = start.littleEndian(at: 120)
    tombstoneCount = start.littleEndian(at: 124)
    tombstoneChecksum = start.littleEndian(at: 128)
    summary.firstSequence = RecordSequence(start.littleEndian(at: 136))
    summary.lastArrival = Timestamp(nanoseconds: start.littleEndian(at: 144))
    let counts = [
      summary.frameCount, summary.requestCount, summary.spanCount, summary.rejectedSpanCount,
    ]
    guard counts.allSatisfy({ $0 < Self.countEnd }) else { throw .field("request count") }
    guard entryCount <= UInt64(UInt32.max), traceCount <= entryCount else { throw .field("entry count") }
    guard summary.nextSequence.rawValue < 1 << 63 else { throw .field("next sequence") }
    guard summary.firstSequence <= summary.nextSequence else { throw .field("first sequence") }
  }
}
