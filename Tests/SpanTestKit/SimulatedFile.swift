internal import Glibc

/// The bytes of one file of a simulated disk: what a program sees, and what of it is on stable storage.
///
/// Unsynced pages are kept apart from synced ones, so that a crash may keep any of them. Copying one costs
/// little: pages are shared until they are written.
struct SimulatedFile {
  static let pageByteCount = 4096
  static let sectorByteCount = 512
  /// One bit for each sector of a page.
  static let allSectors = UInt8.max

  /// Pages as they are on stable storage.
  private(set) var durablePages: [[UInt8]] = []
  private(set) var durableByteCount = 0
  /// Pages as written since the last sync, by number.
  var dirtyPages: [Int: [UInt8]] = [:]
  var byteCount = 0
  /// The least size since the last sync: whatever stood behind it is gone once the change of size is durable.
  private var leastByteCount = 0
  /// Pages that only the page cache has, and that no sync writes any more.
  private var lostPages: [Int: [UInt8]] = [:]

  static let zeroPage = [UInt8](repeating: 0, count: pageByteCount)

  init() {}

  /// A file with these bytes on stable storage. What is equal to a page of `other` is that page: a hundred
  /// million damaged files differ in a page or two from the whole one.
  init(_ bytes: UnsafeRawBufferPointer, like other: SimulatedFile?) {
    let known = other?.durablePages ?? []
    durablePages.reserveCapacity(Self.pageCount(of: bytes.count))
    for start in stride(from: 0, to: bytes.count, by: Self.pageByteCount) {
      let number = start / Self.pageByteCount
      let part = UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(Self.pageByteCount))
      let isKnown = number < known.count && known[number].withUnsafeBytes { Self.isPage($0, part) }
      durablePages.append(isKnown ? known[number] : Self.page(part))
    }
    byteCount = bytes.count
    durableByteCount = bytes.count
    leastByteCount = bytes.count
  }

  private static func isPage(_ page: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count == page.count, let page = page.baseAddress, let bytes = bytes.baseAddress else {
      return false
    }
    return memcmp(page, bytes, pageByteCount) == 0
  }

  private static func page(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    if bytes.count == pageByteCount { return [UInt8](bytes) }
    return [UInt8](bytes) + [UInt8](repeating: 0, count: pageByteCount - bytes.count)
  }

  private static func pageCount(of byteCount: Int) -> Int { (byteCount + pageByteCount - 1) / pageByteCount }

  private func page(_ number: Int, isDirect: Bool = false) -> [UInt8] {
    if let page = dirtyPages[number] { return page }
    if !isDirect, let page = lostPages[number] { return page }
    let durableCount = min(durablePages.count, Self.pageCount(of: leastByteCount))
    return number < durableCount ? durablePages[number] : Self.zeroPage
  }

  var contents: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
    }
  }

  /// - Parameter isDirect: whether past the page cache, whose lost pages the disk does not have.
  /// - Returns: bytes read; fewer than there is room for where the file ends.
  func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int, isDirect: Bool = false) -> Int {
    let count = min(buffer.count, max(0, byteCount - position))
    var taken = 0
    while taken < count {
      let offset = (position + taken) % Self.pageByteCount
      let next = min(Self.pageByteCount - offset, count - taken)
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[taken..<taken + next])
      page((position + taken) / Self.pageByteCount, isDirect: isDirect).withUnsafeBytes { page in
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: page[offset..<offset + next]))
      }
      taken += next
    }
    return count
  }

  mutating func write(_ bytes: UnsafeRawBufferPointer, at position: Int) {
    var written = 0
    while written < bytes.count {
      let next = position + written
      let number = next / Self.pageByteCount
      let offset = next % Self.pageByteCount
      let taken = min(Self.pageByteCount - offset, bytes.count - written)
      var changed = page(number)
      changed.replaceSubrange(offset..<offset + taken, with: bytes[written..<written + taken])
      dirtyPages[number] = changed
      lostPages[number] = nil
      written += taken
    }
    byteCount = max(byteCount, position + bytes.count)
  }

  mutating func setByteCount(_ newByteCount: Int) {
    if newByteCount < byteCount {
      leastByteCount = min(leastByteCount, newByteCount)
      let pageCount = Self.pageCount(of: newByteCount)
      for number in dirtyPages.keys where number >= pageCount { dirtyPages[number] = nil }
      for number in lostPages.keys where number >= pageCount { lostPages[number] = nil }
      let rest = newByteCount % Self.pageByteCount
      if rest > 0 {
        let kept = page(pageCount - 1)[..<rest]
        dirtyPages[pageCount - 1] = kept + [UInt8](repeating: 0, count: Self.pageByteCount - rest)
      }
    }
    byteCount = newByteCount
  }

  mutating func sync() {
    durablePages = pagesWithNewSize
    for (number, page) in dirtyPages where number < durablePages.count { durablePages[number] = page }
    dirtyPages = [:]
    durableByteCount = byteCount
    leastByteCount = byteCount
  }

  /// The durable pages, as many as the file has now, those that were cut off once being zero.
  private var pagesWithNewSize: [[UInt8]] {
    let pageCount = Self.pageCount(of: byteCount)
    var pages = durablePages
    let keptCount = min(pages.count, Self.pageCount(of: leastByteCount), pageCount)
    if keptCount < pages.count { pages.removeSubrange(keptCount...) }
    while pages.count < pageCount { pages.append(Self.zeroPage) }
    return pages
  }

  /// What was not synced stays visible to those who read through the page cache, and is lost to the disk.
  mutating func callClean() {
    lostPages.merge(dirtyPages) { _, new in new }
    dirtyPages = [:]
  }

  var hasUnsyncedSize: Bool { byteCount != durableByteCount || leastByteCount < durableByteCount }

  /// The file after a crash that kept of each unsynced page the sectors whose bits are set, and the size as
  /// changed if `keepsByteCount`. Where the file was cut, nothing is kept when the size is not.
  func afterCrash(keepsByteCount: Bool, sectorsKept: (Int) -> UInt8) -> SimulatedFile {
    var file = SimulatedFile()
    var pages = keepsByteCount ? pagesWithNewSize : durablePages
    let byteCount = keepsByteCount ? byteCount : durableByteCount
    let end = keepsByteCount ? pages.count : min(pages.count, Self.pageCount(of: leastByteCount))
    for number in dirtyPages.keys.sorted() where number < end {
      let kept = sectorsKept(number)
      guard kept > 0, let written = dirtyPages[number] else { continue }
      if kept == Self.allSectors {
        pages[number] = written
      } else {
        for sector in 0..<8 where kept & (1 << sector) != 0 {
          let range = sector * Self.sectorByteCount..<(sector + 1) * Self.sectorByteCount
          pages[number].replaceSubrange(range, with: written[range])
        }
      }
    }
    // Nothing behind the size is anybody's.
    let rest = byteCount % Self.pageByteCount
    if rest > 0 {
      pages[pages.count - 1].replaceSubrange(
        rest..., with: repeatElement(0, count: Self.pageByteCount - rest))
    }
    file.durablePages = pages
    file.durableByteCount = byteCount
    file.byteCount = byteCount
    file.leastByteCount = byteCount
    return file
  }
}

extension SimulatedFile {
  /// Writes zeroes from the start; the pages are all the same one.
  mutating func writeZeroes(_ count: Int) {
    for start in stride(from: 0, to: count, by: Self.pageByteCount) {
      dirtyPages[start / Self.pageByteCount] = Self.zeroPage
    }
    byteCount = max(byteCount, count)
  }
}
