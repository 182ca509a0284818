/// A page of an index file: up to 340 entries, ascending by tag, those of one tag by record.
///
///     byte 0          4             8        16        …         4096
///          ┌──────────┬─────────────┬────────┬─────────┬─ ─ ─ ─ ─┐
///          │ checksum │ entry count │ zeroes │ entries │ zeroes  │
///          └──────────┴─────────────┴────────┴─────────┴─ ─ ─ ─ ─┘
///
/// The checksum covers bytes 4–4095, salted for the page's position.
package struct IndexPage {
  package static let byteCount = 4096
  package static let entryCountMax = (byteCount - entriesPosition) / IndexEntry.byteCount
  private static let entriesPosition = 16

  private let bytes: UnsafeRawPointer
  package let entryCount: Int

  /// Writes a page with `entries` to the 4096 bytes at `bytes`.
  package static func encode(
    _ entries: ArraySlice<IndexEntry>, to bytes: UnsafeMutableRawPointer, salt: FileSalt,
    position: UInt64
  ) {
    precondition(!entries.isEmpty && entries.count <= entryCountMax, "no page holds as many entries")
    bytes.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    bytes.storeLittleEndian(UInt32(entries.count), at: 4)
    var next = bytes + entriesPosition
    for entry in entries {
      entry.encode(to: next)
      next += IndexEntry.byteCount
    }
    bytes.storeLittleEndian(checksum(of: bytes, salt: salt, position: position), at: 0)
  }

  /// Checks the page in the 4096 bytes at `bytes`, which must outlive it.
  package init(checking bytes: UnsafeRawPointer, salt: FileSalt, position: UInt64) throws(FormatError) {
    let stored: UInt32 = bytes.littleEndian(at: 0)
    let computed = Self.checksum(of: bytes, salt: salt, position: position)
    guard computed == stored else { throw .checksum(computed: computed, stored: stored) }
    try self.init(checked: bytes)
    let end = Self.entriesPosition + entryCount * IndexEntry.byteCount
    guard UnsafeRawBufferPointer(start: bytes + 8, count: Self.entriesPosition - 8).isAllZero,
      UnsafeRawBufferPointer(start: bytes + end, count: Self.byteCount - end).isAllZero
    else { throw .field("zeroes") }
  }

  /// The page in 4096 bytes that were checked before.
  package init(checked bytes: UnsafeRawPointer) throws(FormatError) {
    let entryCount: UInt32 = bytes.littleEndian(at: 4)
    guard entryCount > 0, entryCount <= Self.entryCountMax else { throw .field("entry count") }
    self.bytes = bytes
    self.entryCount = Int(entryCount)
  }

  /// - Precondition: `number` is below `entryCount`.
  package func entry(_ number: Int) -> IndexEntry {
    precondition(number >= 0 && number < entryCount, "no such entry")
    return IndexEntry(decoding: bytes + Self.entriesPosition + number * IndexEntry.byteCount)
  }

  /// Number of the first entry whose tag is not below `tag`; the count when there is none.
  package func firstEntry(notBelow tag: UInt32) -> Int {
    var low = 0
    var high = entryCount
    while low < high {
      let middle = (low + high) / 2
      if entry(middle).tag < tag { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func checksum(of bytes: UnsafeRawPointer, salt: FileSalt, position: UInt64) -> UInt32 {
    CRC32C.checksum(UnsafeRawBufferPointer(start: bytes + 4, count: byteCount - 4))
      ^ salt.mask(at: position)
  }
}
