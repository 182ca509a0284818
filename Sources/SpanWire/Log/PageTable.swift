/// The checksums of a record's pages: computed before the record has a place, salted when it gets one.
package enum PageTable {
  /// Writes the bare CRC-32C of every page of `bytes` to `table`.
  package static func encode(pagesOf bytes: UnsafeRawBufferPointer, to table: UnsafeMutableRawPointer) {
    var entry = 0
    var position = 0
    while position < bytes.count {
      let byteCount = min(RecordLayout.pageByteCount, bytes.count - position)
      let page = UnsafeRawBufferPointer(rebasing: bytes[position..<position + byteCount])
      table.storeLittleEndian(CRC32C.checksum(page), at: entry * RecordLayout.checksumByteCount)
      position += byteCount
      entry += 1
    }
  }

  /// Salts `pageCount` bare checksums of pages that begin at `position` of their file.
  package static func salt(
    _ table: UnsafeMutableRawPointer, pageCount: Int, position: UInt64, salt: FileSalt
  ) {
    for page in 0..<pageCount {
      let bare: UInt32 = UnsafeRawPointer(table).littleEndian(at: page * RecordLayout.checksumByteCount)
      let mask = salt.mask(at: position + UInt64(page * RecordLayout.pageByteCount))
      table.storeLittleEndian(bare ^ mask, at: page * RecordLayout.checksumByteCount)
    }
  }
}
