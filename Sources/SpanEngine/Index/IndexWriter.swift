internal import SpanModel
internal import SpanWire

/// Writes the index file of a full segment.
struct IndexWriter {
  /// Pages written at once.
  private static let pageCountMax = 256

  let directory: Directory
  let cache: IndexCache

  /// Writes the entries of `index` durably, under the name beside the segment.
  func write(_ index: TraceIndex, of segment: SegmentHeader, _ summary: IndexHeader.Summary)
    throws(FileError) -> IndexFile
  {
    let platform = directory.platform
    let entries = index.sortedEntries()
    let fences = stride(from: 0, to: entries.count, by: IndexPage.entryCountMax).map { entries[$0].tag }
    var header = IndexHeader(
      storeID: segment.storeID, segment: segment.sequence,
      salt: FileSalt(high: platform.random(), low: platform.random()), summary: summary,
      traceCount: UInt64(index.traceCount), entryCount: UInt64(entries.count), fenceChecksum: 0)
    let fenceBytes = fences.flatMap { fence in withUnsafeBytes(of: fence.littleEndian, Array.init) }
    header.fenceChecksum =
      fenceBytes.withUnsafeBytes { CRC32C.checksum($0) } ^ header.salt.mask(at: IndexHeader.fencePosition)
    let tombstoneBytes = Self.encoded(summary.tombstones)
    if !tombstoneBytes.isEmpty {
      header.tombstoneChecksum =
        tombstoneBytes.withUnsafeBytes { CRC32C.checksum($0) }
        ^ header.salt.mask(at: header.tombstonePosition)
    }
    let name = FileName.index(lane: segment.lane, segment.sequence)
    let temporaryName = name + FileName.temporarySuffix
    do {
      let file = try directory.open(temporaryName, .readWriteOrCreate)
      try file.setByteCount(0)
      try file.write(header.encoded() + fenceBytes, at: 0)
      try write(entries, header, to: file)
      if !tombstoneBytes.isEmpty { try file.write(tombstoneBytes, at: header.tombstonePosition) }
      // Between the fences and the first page, when there is none, and behind the tombstones.
      try file.setByteCount(header.fileByteCount)
      try file.sync()
      try directory.rename(temporaryName, to: name)
      return IndexFile(name: name, header: header, file: file, fences: fences, cache: cache)
    } catch {
      // What is left of it is removed when the store is opened; here it would only take room.
      do { try directory.unlink(temporaryName) } catch _ {}
      throw error
    }
  }

  private static func encoded(_ tombstones: [Tombstone]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: tombstones.count * Tombstone.byteCount)
    bytes.withUnsafeMutableBytes { bytes in
      for (number, tombstone) in tombstones.enumerated() {
        // SAFETY: there are as many bytes for each.
        tombstone.encode(to: bytes.baseAddress! + number * Tombstone.byteCount)
      }
    }
    return bytes
  }

  private func write(_ entries: [IndexEntry], _ header: IndexHeader, to file: File) throws(FileError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(header.pageCount, Self.pageCountMax) * IndexPage.byteCount, alignment: 4096)
    defer { buffer.deallocate() }
    var page = 0
    while page < header.pageCount {
      let count = min(Self.pageCountMax, header.pageCount - page)
      for number in 0..<count {
        let first = (page + number) * IndexPage.entryCountMax
        let range = first..<min(first + IndexPage.entryCountMax, entries.count)
        // SAFETY: the buffer has a page for each.
        IndexPage.encode(
          entries[range], to: buffer.baseAddress! + number * IndexPage.byteCount, salt: header.salt,
          position: header.pagePosition(page + number))
      }
      let written = UnsafeRawBufferPointer(rebasing: buffer[..<(count * IndexPage.byteCount)])
      try file.write(written, at: header.pagePosition(page))
      page += count
    }
  }
}
