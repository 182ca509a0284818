internal import SpanModel
internal import SpanWire
internal import SystemPackage

extension IndexFile {
  /// The index file beside a segment, or why there is none that can be used.
  enum Found {
    case whole(IndexFile)
    case missing
    /// Not what was written, or of another segment: to be made again.
    case unusable(Damage)
  }

  /// Opens the index of the segment whose header is `segment`; reads its header and fences only.
  static func find(for segment: SegmentHeader, in directory: Directory, cache: IndexCache) throws(FileError)
    -> Found
  {
    let name = FileName.index(lane: segment.lane, segment.sequence)
    let file: File
    do { file = try directory.open(name, .readOnly) } catch {
      if error.errno == .noSuchFileOrDirectory { return .missing }
      guard error.isUnreadable else { throw error }
      return .unusable(damage(name, FileError.unreadableReason))
    }
    do {
      var header = try readHeader(file)
      guard header.storeID == segment.storeID, header.segment == segment.sequence else {
        throw FormatError.identity
      }
      guard try file.byteCount() == header.fileByteCount else { throw FormatError.field("entry count") }
      let fences = try readFences(file, header)
      header.summary.tombstones = try readTombstones(file, header)
      return .whole(IndexFile(name: name, header: header, file: file, fences: fences, cache: cache))
    } catch let error as FileError {
      guard error.isUnreadable else { throw error }
      return .unusable(damage(name, FileError.unreadableReason))
    } catch {
      return .unusable(damage(name, "\(error)"))
    }
  }

  private static func damage(_ name: String, _ reason: String) -> Damage {
    Damage(
      file: name, position: 0, byteCount: UInt64(IndexHeader.byteCount), extent: .nothing, reason: reason)
  }

  private static func readHeader(_ file: File) throws -> IndexHeader {
    let bytes = try read(file, at: 0, count: IndexHeader.byteCount)
    return try bytes.withUnsafeBytes { try IndexHeader(decoding: $0) }
  }

  private static func readFences(_ file: File, _ header: IndexHeader) throws -> [UInt32] {
    // Up to the first page: what lies between is zero, and under no checksum.
    let byteCount = Int(header.pagePosition(0) - IndexHeader.fencePosition)
    let bytes = try read(file, at: IndexHeader.fencePosition, count: byteCount)
    guard bytes[header.fenceByteCount...].allSatisfy({ $0 == 0 }) else { throw FormatError.field("zeroes") }
    let computed =
      bytes.withUnsafeBytes {
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[..<header.fenceByteCount]))
      }
      ^ header.salt.mask(at: IndexHeader.fencePosition)
    guard computed == header.fenceChecksum else {
      throw FormatError.checksum(computed: computed, stored: header.fenceChecksum)
    }
    return bytes.withUnsafeBytes { bytes in
      // SAFETY: there are four bytes for each page.
      (0..<header.pageCount).map { UnsafeRawPointer(bytes.baseAddress!).littleEndian(at: $0 * 4) }
    }
  }

  /// Those behind the pages, up to the end of the file.
  private static func readTombstones(_ file: File, _ header: IndexHeader) throws -> [Tombstone] {
    guard header.tombstoneCount > 0 else {
      guard header.tombstoneChecksum == 0 else { throw FormatError.field("tombstone checksum") }
      return []
    }
    let position = header.tombstonePosition
    let bytes = try read(file, at: position, count: Int(header.fileByteCount - position))
    guard bytes[header.tombstoneByteCount...].allSatisfy({ $0 == 0 }) else {
      throw FormatError.field("zeroes")
    }
    return try bytes.withUnsafeBytes { bytes in
      let tombstones = UnsafeRawBufferPointer(rebasing: bytes[..<header.tombstoneByteCount])
      let computed = CRC32C.checksum(tombstones) ^ header.salt.mask(at: position)
      guard computed == header.tombstoneChecksum else {
        throw FormatError.checksum(computed: computed, stored: header.tombstoneChecksum)
      }
      return try (0..<Int(header.tombstoneCount)).map { number in
        let start = number * Tombstone.byteCount
        return try Tombstone(
          decoding: UnsafeRawBufferPointer(rebasing: tombstones[start..<start + Tombstone.byteCount]),
          below: header.summary.nextSequence)
      }
    }
  }

  private static func read(_ file: File, at position: UInt64, count: Int) throws -> [UInt8] {
    // A header may claim more fences than there is memory for: the file has to be as long first.
    guard try file.byteCount() >= position + UInt64(count) else {
      throw FormatError.tooShort(byteCount: 0, needed: count)
    }
    let bytes = try file.read(count, at: position)
    guard bytes.count == count else { throw FormatError.tooShort(byteCount: bytes.count, needed: count) }
    return bytes
  }
}
