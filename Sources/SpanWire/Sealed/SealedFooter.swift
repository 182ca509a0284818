package import SpanModel

/// What a sealed segment is, and where its table of sections stands: its first 512 bytes, and the same again
/// at its end.
package struct SealedFooter: Equatable, Sendable {
  package static let byteCount = 512
  package static let magic: UInt64 = 0x5367_6f6c_6e61_7073  // "spanlogS" in memory order
  package static let version: UInt16 = 1
  private static let checksumPosition = 508
  private static let unusedStart = 176

  package var tenant: UInt32 = 0
  package var partition: UInt32 = 0
  package var isDense = false
  package var storeID: StoreID
  package var sequence: SegmentSequence
  package var hashKey: HashKey
  package var fileByteCount: UInt64 = 0
  package var tablePosition: UInt64 = 0
  package var spanCount: UInt64 = 0
  package var traceCount: UInt64 = 0
  package var rowGroupCount: UInt64 = 0
  package var recordCount: UInt64 = 0
  /// Of the records whose spans are in it.
  package var firstRecord = RecordSequence(0)
  package var lastRecord = RecordSequence(0)
  package var firstArrival = Timestamp(nanoseconds: 0)
  package var lastArrival = Timestamp(nanoseconds: 0)
  /// Least start and greatest end of its spans.
  package var firstTime = Timestamp(nanoseconds: 0)
  package var lastTime = Timestamp(nanoseconds: 0)
  /// Bytes of its spans as they came.
  package var rawByteCount: UInt64 = 0

  /// Greatest start of its spans; zero when that is not known.
  package var lastStart = Timestamp(nanoseconds: 0)

  package init(storeID: StoreID, sequence: SegmentSequence, hashKey: HashKey) {
    self.storeID = storeID
    self.sequence = sequence
    self.hashKey = hashKey
  }

  /// What the checksums of the segment are mixed with: no secret, and the same for the same input.
  package var salt: FileSalt {
    FileSalt(high: storeID.high, low: storeID.low ^ sequence.rawValue &* 0x9e37_79b9_7f4a_7c15)
  }

  package func encoded() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    bytes.withUnsafeMutableBytes { buffer in
      // SAFETY: the array has the size of a footer.
      let base = buffer.baseAddress.unsafelyUnwrapped
      base.storeLittleEndian(Self.magic, at: 0)
      base.storeLittleEndian(Self.version, at: 8)
      base.storeLittleEndian(UInt16(isDense ? 1 : 0), at: 10)
      base.storeLittleEndian(tenant, at: 12)
      storeID.encode(to: base + 16)
      base.storeLittleEndian(sequence.rawValue, at: 32)
      base.storeLittleEndian(hashKey.high, at: 40)
      base.storeLittleEndian(hashKey.low, at: 48)
      base.storeLittleEndian(partition, at: 56)
      let numbers = [
        fileByteCount, tablePosition, spanCount, traceCount, rowGroupCount, recordCount, firstRecord.rawValue,
        lastRecord.rawValue, firstArrival.nanoseconds, lastArrival.nanoseconds, firstTime.nanoseconds,
        lastTime.nanoseconds, rawByteCount, lastStart.nanoseconds,
      ]
      for (number, value) in numbers.enumerated() { base.storeLittleEndian(value, at: 64 + 8 * number) }
      let covered = UnsafeRawBufferPointer(start: base, count: Self.checksumPosition)
      base.storeLittleEndian(CRC32C.checksum(covered), at: Self.checksumPosition)
    }
    return bytes
  }

  package init(decoding bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard bytes.count >= Self.byteCount, let base = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.byteCount)
    }
    let magic: UInt64 = base.littleEndian(at: 0)
    guard magic == Self.magic else { throw .magic(found: magic) }
    let covered = UnsafeRawBufferPointer(start: base, count: Self.checksumPosition)
    let computed = CRC32C.checksum(covered)
    let stored: UInt32 = base.littleEndian(at: Self.checksumPosition)
    guard computed == stored else { throw .checksum(computed: computed, stored: stored) }
    let version: UInt16 = base.littleEndian(at: 8)
    guard version == Self.version else { throw .version(found: Int(version), newest: Int(Self.version)) }
    let flags: UInt16 = base.littleEndian(at: 10)
    let unused = UnsafeRawBufferPointer(
      start: base + Self.unusedStart, count: Self.checksumPosition - Self.unusedStart)
    guard flags < 2, unused.isAllZero, base.littleEndian(at: 60, as: UInt32.self) == 0 else {
      throw .field("unused bytes")
    }
    self.init(
      storeID: StoreID(decoding: base + 16), sequence: SegmentSequence(base.littleEndian(at: 32)),
      hashKey: HashKey(high: base.littleEndian(at: 40), low: base.littleEndian(at: 48)))
    isDense = flags == 1
    tenant = base.littleEndian(at: 12)
    partition = base.littleEndian(at: 56)
    func number(_ place: Int) -> UInt64 { base.littleEndian(at: 64 + 8 * place) }
    fileByteCount = number(0)
    tablePosition = number(1)
    spanCount = number(2)
    traceCount = number(3)
    rowGroupCount = number(4)
    recordCount = number(5)
    firstRecord = RecordSequence(number(6))
    lastRecord = RecordSequence(number(7))
    firstArrival = Timestamp(nanoseconds: number(8))
    lastArrival = Timestamp(nanoseconds: number(9))
    firstTime = Timestamp(nanoseconds: number(10))
    lastTime = Timestamp(nanoseconds: number(11))
    rawByteCount = number(12)
    lastStart = Timestamp(nanoseconds: number(13))
    guard fileByteCount >= UInt64(2 * Self.byteCount), fileByteCount < 1 << 63,
      tablePosition >= UInt64(Self.byteCount), tablePosition <= fileByteCount - UInt64(Self.byteCount),
      firstRecord <= lastRecord, sequence.rawValue < 1 << 63, lastRecord.rawValue < 1 << 63
    else { throw .field("footer") }
  }
}
