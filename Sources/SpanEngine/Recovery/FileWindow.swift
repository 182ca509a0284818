internal import SpanWire
internal import SystemPackage

/// A window that moves over a file, so that scanning it takes few reads and little memory: of 1 MiB, or as
/// large as the memory it is given.
///
/// It reads whole pages, which lets it go past the page cache: that would only be filled with what is read
/// once, and filling it takes ten times as long as everything else.
final class FileWindow {
  private static let ownByteCountMax = 1 << 20

  /// Of a page: what a read past the page cache begins and ends at, and what is left out at the least when
  /// the device reports an error.
  static let pageByteCount = 4096

  private let segment: SegmentFile
  /// What is read: the same file, at first past the page cache.
  private var file: File
  /// Where the device reported an error.
  private(set) var unreadable: Set<UInt64> = []
  let fileByteCount: UInt64
  private let buffer: UnsafeMutableRawBufferPointer
  private let ownsBuffer: Bool
  /// Bytes that can be had at once.
  let byteCountMax: Int
  private var start: UInt64 = 0
  private var filledByteCount = 0

  /// - Parameter memory: what to read into, a page and more, aligned to pages; else it takes its own.
  init(_ segment: SegmentFile, memory: UnsafeMutableRawBufferPointer? = nil) throws(FileError) {
    self.segment = segment
    file = try segment.openForScan()
    fileByteCount = try segment.file.byteCount()
    ownsBuffer = memory == nil
    if let memory {
      buffer = memory
      byteCountMax = memory.count - Self.pageByteCount
      return
    }
    byteCountMax = Self.ownByteCountMax
    // Of a small file no more than it has; of a large one a page more than is asked for, because that may
    // begin anywhere in its first one.
    let neededByteCount = min(fileByteCount, UInt64(byteCountMax + Self.pageByteCount))
    let pageCount = max(1, (Int(neededByteCount) + Self.pageByteCount - 1) / Self.pageByteCount)
    buffer = .allocate(byteCount: pageCount * Self.pageByteCount, alignment: Self.pageByteCount)
  }

  deinit { if ownsBuffer { buffer.deallocate() } }

  /// The bytes at `position`, valid until the next call.
  ///
  /// - Returns: `nil` when the file ends before, or when they are more than a window holds.
  func bytes(at position: UInt64, count: Int) throws(FileError) -> UnsafeRawBufferPointer? {
    guard count >= 0, count <= byteCountMax, position <= fileByteCount,
      UInt64(count) <= fileByteCount - position
    else { return nil }
    if position < start || position + UInt64(count) > start + UInt64(filledByteCount) {
      filledByteCount = 0
      start = position - position % UInt64(Self.pageByteCount)
      filledByteCount = try fill()
      guard position + UInt64(count) <= start + UInt64(filledByteCount) else { return nil }
    }
    let first = Int(position - start)
    return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[first..<first + count])
  }

  /// A copy of the bytes at `position`, as far as the file goes.
  func copy(at position: UInt64, count: Int) throws(FileError) -> [UInt8] {
    var copied: [UInt8] = []
    copied.reserveCapacity(Int(min(UInt64(count), fileByteCount)))
    while copied.count < count {
      let next = min(byteCountMax, count - copied.count)
      guard let found = try bytes(at: position + UInt64(copied.count), count: next) else { break }
      copied.append(contentsOf: found)
    }
    return copied
  }

  /// Fills the window; what the device cannot read counts as zeroes, which no checksum will take for whole.
  private func fill() throws(FileError) -> Int {
    do { return try read(into: buffer, at: start) } catch {
      guard error.isUnreadable else { throw error }
    }
    let byteCount = Int(min(UInt64(buffer.count), fileByteCount - start))
    for page in stride(from: 0, to: byteCount, by: Self.pageByteCount) {
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[page..<page + Self.pageByteCount])
      do { _ = try read(into: part, at: start + UInt64(page)) } catch {
        guard error.isUnreadable else { throw error }
        part.initializeMemory(as: UInt8.self, repeating: 0)
        unreadable.insert(start + UInt64(page))
      }
    }
    return byteCount
  }

  private func read(into buffer: UnsafeMutableRawBufferPointer, at position: UInt64) throws(FileError) -> Int
  {
    do { return try file.read(into: buffer, at: position) } catch {
      // Some file systems open a file for such reads and then refuse them.
      guard error.errno == .invalidArgument else { throw error }
    }
    file = segment.file
    return try file.read(into: buffer, at: position)
  }

  /// Whether the device reported an error at or behind `position`, as far as was read.
  func hasUnreadable(from position: UInt64) -> Bool {
    unreadable.contains { $0 + UInt64(Self.pageByteCount) > position }
  }

  /// Whether the file is all zero from `position` to its end.
  func isZero(from position: UInt64) throws(FileError) -> Bool {
    var next = position
    while next < fileByteCount {
      let count = Int(min(UInt64(byteCountMax), fileByteCount - next))
      guard let bytes = try bytes(at: next, count: count), bytes.isAllZero else { return false }
      next += UInt64(count)
    }
    return true
  }
}
