internal import SpanWire

/// Part of a record's bytes, read and verified page by page as they are asked for.
///
/// Holds one run of pages at a time; its memory is used again from record to record.
struct VerifiedRegion {
  private var buffer: [UInt8] = []
  /// Of the region whose pages are held.
  private var firstByte = 0
  private var endByte = 0
  private(set) var start: UInt64 = 0
  private(set) var byteCount = 0
  /// Number of the region's first page in the record's page table.
  private var firstPage = 0
  private var extent = Damage.Extent.body

  /// Points the region at `byteCount` bytes that begin at `start` of the file.
  mutating func move(to start: UInt64, byteCount: Int, firstPage: Int, extent: Damage.Extent) {
    self.start = start
    self.byteCount = byteCount
    self.firstPage = firstPage
    self.extent = extent
    firstByte = 0
    endByte = 0
  }

  /// Makes `range` of the region's bytes available to `withBytes`, and all up to `end` if it must read.
  ///
  /// - Throws: `.corrupt` when a page of the range is not what was written.
  mutating func load(
    _ range: Range<Int>, through end: Int, of segment: Segment, _ table: borrowing PageTableReader
  )
    throws(StoreError)
  {
    if range.lowerBound >= firstByte && range.upperBound <= endByte { return }
    let pageByteCount = RecordLayout.pageByteCount
    let first = range.lowerBound / pageByteCount * pageByteCount
    let wanted = max(range.upperBound, min(end, byteCount))
    let last = min(byteCount, (wanted + pageByteCount - 1) / pageByteCount * pageByteCount)
    firstByte = 0
    endByte = 0
    if buffer.count < last - first {
      // Before memory is granted: in a damaged file a length can say anything.
      try segment.checkReaches(start + UInt64(last))
      // A power of two, so that ever larger records ask for little more than the largest does.
      buffer = [UInt8](
        repeating: 0, count: max(1024, 1 << (Int.bitWidth - (last - first - 1).leadingZeroBitCount)))
    }
    let start = start
    var outcome: Result<Void, StoreError> = .success(())
    buffer.withUnsafeMutableBytes { buffer in
      do throws(StoreError) {
        let pages = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(last - first)])
        try segment.read(into: pages, at: start + UInt64(first))
      } catch {
        outcome = .failure(error)
      }
    }
    try outcome.get()
    // Pages that were only read ahead may be damaged: they are left out, and found when they are wanted.
    endByte = try verify(first..<last, wanted: range, of: segment, table)
    firstByte = first
  }

  private func verify(
    _ bytes: Range<Int>, wanted: Range<Int>, of segment: Segment, _ table: borrowing PageTableReader
  ) throws(StoreError) -> Int {
    var position = bytes.lowerBound
    while position < bytes.upperBound {
      let count = min(RecordLayout.pageByteCount, bytes.upperBound - position)
      let stored = try table.checksum(ofPage: firstPage + position / RecordLayout.pageByteCount, of: segment)
      let offset = position - bytes.lowerBound
      let bare = buffer.withUnsafeBytes { buffer in
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + count]))
      }
      let computed = bare ^ segment.header.salt.mask(at: start + UInt64(position))
      if computed != stored {
        if position >= wanted.upperBound { return position }
        let reason = FormatError.checksum(computed: computed, stored: stored).description
        throw .corrupt(
          segment.damage(at: start + UInt64(position), byteCount: UInt64(count), extent, reason))
      }
      position += count
    }
    return position
  }

  /// The bytes of a range that was loaded last.
  func withBytes<Value>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    precondition(range.lowerBound >= firstByte && range.upperBound <= endByte, "bytes were not loaded")
    return buffer.withUnsafeBytes { buffer in
      body(
        UnsafeRawBufferPointer(rebasing: buffer[range.lowerBound - firstByte..<range.upperBound - firstByte]))
    }
  }
}

/// The page checksums of one record, of which the first were read with its header.
struct PageTableReader {
  var position: UInt64 = 0
  var pageCount = 0
  /// The first of them, as stored.
  var head: [UInt32] = []

  func checksum(ofPage page: Int, of segment: Segment) throws(StoreError) -> UInt32 {
    precondition(page < pageCount, "no such page")
    if page < head.count { return head[page] }
    var stored: UInt32 = 0
    var outcome: Result<Void, StoreError> = .success(())
    withUnsafeMutableBytes(of: &stored) { bytes in
      do throws(StoreError) {
        try segment.read(into: bytes, at: position + UInt64(page * RecordLayout.checksumByteCount))
      } catch {
        outcome = .failure(error)
      }
    }
    try outcome.get()
    return UInt32(littleEndian: stored)
  }
}
