package import SpanModel

/// The file `store.identity`: who this data directory is, and which numbers it has given away.
///
///     byte 0       8         12       16         32         48        56
///          ┌───────┬─────────┬────────┬──────────┬──────────┬─────────┬─────
///          │ magic │ version │ zeroes │ store id │ hash key │ created │ …
///          └───────┴─────────┴────────┴──────────┴──────────┴─────────┴─────
///     byte 56              64             72       508
///          ┌───────────────┬──────────────┬────────┬──────────┐
///          │ next sequence │ next segment │ zeroes │ checksum │
///          └───────────────┴──────────────┴────────┴──────────┘
///
/// Twice, one copy behind the other. Rewritten by rename. The two numbers are reservations: nothing at or
/// above them was ever given to a record or a segment, whatever files retention has unlinked since.
package struct StoreIdentity: Equatable, Sendable {
  package static let byteCount = 512
  package static let fileByteCount = 2 * byteCount
  package static let version = 1
  /// "spanlogI", read as a little-endian number.
  package static let magic: UInt64 = 0x4967_6f6c_6e61_7073

  package let storeID: StoreID
  /// Keys the hash of trace ids, so that nobody outside can choose ids that collide.
  package let hashKey: HashKey
  package let created: Timestamp
  package var nextSequence: RecordSequence
  package var nextSegment: SegmentSequence

  package init(
    storeID: StoreID, hashKey: HashKey, created: Timestamp, nextSequence: RecordSequence,
    nextSegment: SegmentSequence
  ) {
    self.storeID = storeID
    self.hashKey = hashKey
    self.created = created
    self.nextSequence = nextSequence
    self.nextSegment = nextSegment
  }

  /// All bytes of the file.
  package func encoded() -> [UInt8] { encodedCopy() + encodedCopy() }

  private func encodedCopy() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    bytes.withUnsafeMutableBytes { buffer in
      // SAFETY: the array has 512 bytes.
      let start = buffer.baseAddress!
      start.storeLittleEndian(Self.magic, at: 0)
      start.storeLittleEndian(UInt32(Self.version), at: 8)
      storeID.encode(to: start + 16)
      start.storeLittleEndian(hashKey.high, at: 32)
      start.storeLittleEndian(hashKey.low, at: 40)
      start.storeLittleEndian(created.nanoseconds, at: 48)
      start.storeLittleEndian(nextSequence.rawValue, at: 56)
      start.storeLittleEndian(nextSegment.rawValue, at: 64)
      let checksum = CRC32C.checksum(UnsafeRawBufferPointer(start: start, count: 508))
      start.storeLittleEndian(checksum, at: 508)
    }
    return bytes
  }

  /// Reads whichever copy is whole.
  package init(decoding file: UnsafeRawBufferPointer) throws(FormatError) {
    let second = UnsafeRawBufferPointer(rebasing: file.dropFirst(Self.byteCount))
    do { try self.init(decodingCopy: file) } catch {
      do { try self.init(decodingCopy: second) } catch _ { throw error }
    }
  }

  private init(decodingCopy bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard bytes.count >= Self.byteCount, let start = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.byteCount)
    }
    let magic: UInt64 = start.littleEndian(at: 0)
    guard magic == Self.magic else { throw .magic(found: magic) }
    let version: UInt32 = start.littleEndian(at: 8)
    guard version <= Self.version else { throw .version(found: Int(version), newest: Self.version) }
    let checksum = CRC32C.checksum(UnsafeRawBufferPointer(start: start, count: 508))
    let stored: UInt32 = start.littleEndian(at: 508)
    guard checksum == stored else { throw .checksum(computed: checksum, stored: stored) }
    guard version > 0 else { throw .field("version") }
    guard UnsafeRawBufferPointer(start: start + 12, count: 4).isAllZero,
      UnsafeRawBufferPointer(start: start + 72, count: 508 - 72).isAllZero
    else { throw .field("zeroes") }
    storeID = StoreID(decoding: start + 16)
    hashKey = HashKey(high: start.littleEndian(at: 32), low: start.littleEndian(at: 40))
    created = Timestamp(nanoseconds: start.littleEndian(at: 48))
    nextSequence = RecordSequence(start.littleEndian(at: 56))
    nextSegment = SegmentSequence(start.littleEndian(at: 64))
    // Nothing ever counts so far; what does would overflow soon.
    guard nextSequence.rawValue < 1 << 63, nextSegment.rawValue < 1 << 63 else {
      throw .field("next sequence")
    }
  }
}
