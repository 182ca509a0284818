internal import CLZ4

/// A run of bytes of a sealed segment that is read, checked and uncompressed at once.
///
///     byte 0                4                8                12
///          ┌────────────────┬────────────────┬────────────────┬─ ─ ─ ─ ─ ─
///          │ checksum u32   │ stored byte    │ raw byte       │ stored
///          │ of the rest    │ count u32      │ count u32      │ bytes
///          └────────────────┴────────────────┴────────────────┴─ ─ ─ ─ ─ ─
///
/// The checksum is one at the block's position. What is stored is one LZ4 block when it is shorter than the
/// raw bytes, else these themselves.
package struct SealedBlock {
  package static let headerByteCount = 12
  /// A row group of one huge span is the largest.
  package static let rawByteCountMax = 256 << 20

  /// How hard it is tried to make blocks small.
  package enum Effort: Sendable {
    case fast
    /// LZ4 HC, at this level.
    case dense(level: Int32)
  }

  package let storedByteCount: Int
  package let rawByteCount: Int

  package var byteCount: Int { Self.headerByteCount + storedByteCount }

  /// Reads the header at the start of `bytes`.
  package init(header bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard bytes.count >= Self.headerByteCount, let base = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.headerByteCount)
    }
    storedByteCount = Int(base.littleEndian(at: 4, as: UInt32.self))
    rawByteCount = Int(base.littleEndian(at: 8, as: UInt32.self))
    guard storedByteCount <= rawByteCount, rawByteCount <= Self.rawByteCountMax,
      rawByteCount <= max(storedByteCount, 16) * LZ4Body.expansionMax
    else { throw .field("block byte count") }
  }

  /// Reads the block that `bytes` are, which stand at `position`; no byte may be left.
  ///
  /// - Returns: the raw bytes: some of `bytes`, or `memory`'s.
  static func read(
    _ bytes: UnsafeRawBufferPointer, salt: FileSalt, position: UInt64, into memory: inout PlainArray<UInt8>
  ) throws(FormatError) -> UnsafeRawBufferPointer {
    let block = try SealedBlock(header: bytes)
    guard block.byteCount <= bytes.count else {
      throw .tooShort(byteCount: bytes.count, needed: block.byteCount)
    }
    // What stands behind it would be covered by no checksum.
    guard block.byteCount == bytes.count else { throw .field("block byte count") }
    let covered = UnsafeRawBufferPointer(rebasing: bytes[4..<block.byteCount])
    let stored = bytes.loadUnaligned(as: UInt32.self).littleEndian
    let computed = CRC32C.checksum(covered) ^ salt.mask(at: position)
    guard stored == computed else { throw .checksum(computed: computed, stored: stored) }
    let storedBytes = UnsafeRawBufferPointer(rebasing: bytes[headerByteCount..<block.byteCount])
    if block.storedByteCount == block.rawByteCount { return storedBytes }
    memory.removeAll()
    memory.append(repeating: 0, count: block.rawByteCount)
    let written = LZ4_decompress_safe(
      storedBytes.baseAddress, memory.base, Int32(storedBytes.count), Int32(block.rawByteCount))
    guard Int(written) == block.rawByteCount else { throw .field("compressed block") }
    return memory.bytes
  }

  /// Appends a block with these bytes, to stand at `position` of the file.
  static func append(
    _ raw: UnsafeRawBufferPointer, effort: Effort?, salt: FileSalt, position: UInt64,
    to bytes: inout PlainArray<UInt8>
  ) {
    precondition(raw.count <= rawByteCountMax, "a block that nobody would read")
    let start = bytes.count
    bytes.append(repeating: 0, count: headerByteCount)
    let stored = effort.map { compress(raw, $0, to: &bytes) } ?? 0
    if stored == 0 { bytes.append(raw) }
    let header = UnsafeMutableRawPointer(bytes.base + start)
    header.storeLittleEndian(UInt32(bytes.count - start - headerByteCount), at: 4)
    header.storeLittleEndian(UInt32(raw.count), at: 8)
    let covered = UnsafeRawBufferPointer(start: header + 4, count: bytes.count - start - 4)
    header.storeLittleEndian(CRC32C.checksum(covered) ^ salt.mask(at: position), at: 0)
  }

  /// - Returns: bytes appended; none when that would not be fewer than there are.
  private static func compress(
    _ raw: UnsafeRawBufferPointer, _ effort: Effort, to bytes: inout PlainArray<UInt8>
  ) -> Int {
    guard raw.count > 32 else { return 0 }
    let start = bytes.count
    let room = raw.count - 1
    bytes.append(repeating: 0, count: room)
    let target = UnsafeMutableRawPointer(bytes.base + start).assumingMemoryBound(to: CChar.self)
    let written: Int32
    switch effort {
    case .fast: written = LZ4_compress_default(raw.baseAddress, target, Int32(raw.count), Int32(room))
    case .dense(let level):
      written = LZ4_compress_HC(raw.baseAddress, target, Int32(raw.count), Int32(room), level)
    }
    bytes.removeLast(room - Int(max(0, written)))
    return Int(max(0, written))
  }
}
