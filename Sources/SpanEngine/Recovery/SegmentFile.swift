internal import SpanModel
internal import SpanWire

/// A segment's file before anything in it but its header is believed.
final class SegmentFile {
  let name: String
  let file: File
  /// Where it was found; `nil` of a segment that is open, which may lose its name meanwhile.
  private let directory: Directory?
  let header: SegmentHeader
  /// A copy of the header that is not whole; nothing is lost while the other is.
  let headerDamage: Damage?

  enum Failure: Error {
    case file(FileError)
    /// Neither copy of the header can be read, so nothing else can.
    case damaged(Damage)
    /// A newer release wrote it.
    case newer(FormatError)
  }

  /// The file of a segment that is open.
  ///
  /// - Parameter directory: where it has its name, if that is known to stay while it is read.
  init(_ segment: Segment, in directory: Directory? = nil) {
    name = segment.name
    file = segment.file
    self.directory = directory
    header = segment.header
    headerDamage = nil
  }

  init(_ name: String, _ mode: OpenMode, in directory: Directory) throws(Failure) {
    self.name = name
    self.directory = directory
    let page: [UInt8]
    do throws(FileError) {
      file = try directory.open(name, mode)
      page = try file.read(SegmentHeader.pageByteCount, at: 0)
    } catch {
      // A bad sector loses this file, and must not close the store with all others.
      throw error.isUnreadable ? .damaged(Self.headerDamage(name, FileError.unreadableReason)) : .file(error)
    }
    let first = Self.decode(page.prefix(SegmentHeader.byteCount))
    let second = Self.decode(page.dropFirst(SegmentHeader.byteCount))
    switch (first, second) {
    case (.success(let header), .success(let copy)):
      self.header = header
      // Both are whole, so a difference is no accident of the disk: the first one rules.
      headerDamage = header == copy ? nil : Self.damage(name, copy: 1, "its header's copies differ")
    case (.success(let header), .failure(let error)):
      self.header = header
      headerDamage = Self.damage(name, copy: 1, "the second copy of its header: \(error)")
    case (.failure(let error), .success(let header)):
      self.header = header
      headerDamage = Self.damage(name, copy: 0, "the first copy of its header: \(error)")
    case (.failure(let error), .failure):
      if case .version = error { throw .newer(error) }
      throw .damaged(Self.headerDamage(name, "both copies of its header: \(error)"))
    }
  }

  /// The file as it is read from front to back: past the page cache where that can be.
  func openForScan() throws(FileError) -> File {
    guard let directory else { return file }
    return try directory.open(name, .readDirect)
  }

  private static func decode(_ bytes: ArraySlice<UInt8>) -> Result<SegmentHeader, FormatError> {
    bytes.withUnsafeBytes { bytes in
      do throws(FormatError) { return .success(try SegmentHeader(decoding: bytes)) } catch {
        return .failure(error)
      }
    }
  }

  private static func headerDamage(_ name: String, _ reason: String) -> Damage {
    Damage(
      file: name, position: 0, byteCount: UInt64(SegmentHeader.pageByteCount), extent: .frames, reason: reason
    )
  }

  private static func damage(_ name: String, copy: Int, _ reason: String) -> Damage {
    Damage(
      file: name, position: UInt64(copy * SegmentHeader.byteCount),
      byteCount: UInt64(SegmentHeader.byteCount),
      extent: .nothing, reason: reason)
  }
}
