/// The bytes of one file of a simulated disk: what a program sees, and what of it is on stable storage.
///
/// Unsynced pages are kept apart from synced ones, so that a crash may keep any of them. Copying one costs
/// little: pages are shared until they are written.
struct SimulatedFile {
  static let pageByteCount = 4096
  static let sectorByteCount = 512

  /// Pages as they are on stable storage.
  private(set) var durablePages: [[UInt8]] = []
  private(set) var durableByteCount = 0
  /// Pages as written since the last sync, by number.
  var dirtyPages: [Int: [UInt8]] = [:]
  var byteCount = 0
  /// Pages that only the page cache has, and that no sync writes any more.
  private var lostPages: [Int: [UInt8]] = [:]

  static let zeroPage = [UInt8](repeating: 0, count: pageByteCount)

  private func page(_ number: Int) -> [UInt8] {
    dirtyPages[number] ?? lostPages[number]
      ?? (number < durablePages.count ? durablePages[number] : Self.zeroPage)
  }

  func read(at position: Int, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var next = position
    let end = min(position + count, byteCount)
    bytes.reserveCapacity(max(0, end - position))
    while next < end {
      let offset = next % Self.pageByteCount
      let taken = min(Self.pageByteCount - offset, end - next)
      bytes += page(next / Self.pageByteCount)[offset..<offset + taken]
      next += taken
    }
    return bytes
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
      written += taken
    }
    byteCount = max(byteCount, position + bytes.count)
  }

  mutating func setByteCount(_ newByteCount: Int) {
    if newByteCount < byteCount {
      let pageCount = (newByteCount + Self.pageByteCount - 1) / Self.pageByteCount
      for number in dirtyPages.keys where number >= pageCount { dirtyPages[number] = nil }
      for number in pageCount..<max(pageCount, durablePages.count) { dirtyPages[number] = Self.zeroPage }
      let rest = newByteCount % Self.pageByteCount
      if rest > 0 {
        let kept = page(pageCount - 1)[..<rest]
        dirtyPages[pageCount - 1] = kept + [UInt8](repeating: 0, count: Self.pageByteCount - rest)
      }
    }
    byteCount = newByteCount
  }

  mutating func sync() {
    let pageCount = (byteCount + Self.pageByteCount - 1) / Self.pageByteCount
    while durablePages.count < pageCount { durablePages.append(Self.zeroPage) }
    for (number, page) in dirtyPages where number < pageCount { durablePages[number] = page }
    durablePages.removeSubrange(pageCount...)
    dirtyPages = [:]
    durableByteCount = byteCount
  }

  /// What was not synced stays visible and is lost to the disk.
  mutating func callClean() {
    lostPages.merge(dirtyPages) { _, new in new }
    dirtyPages = [:]
  }

  var hasUnsynced: Bool { !dirtyPages.isEmpty || byteCount != durableByteCount }

  /// The file after a crash that kept of each unsynced page as many leading sectors as `sectorsKept` says
  /// (0 to 8), and the size as written if `keepsByteCount`.
  func afterCrash(keepsByteCount: Bool, sectorsKept: (Int) -> Int) -> SimulatedFile {
    var file = SimulatedFile()
    let byteCount = keepsByteCount ? byteCount : min(durableByteCount, byteCount)
    let pageCount = (byteCount + Self.pageByteCount - 1) / Self.pageByteCount
    var pages = Array(durablePages.prefix(pageCount))
    while pages.count < pageCount { pages.append(Self.zeroPage) }
    for number in dirtyPages.keys.sorted() where number < pageCount {
      let kept = sectorsKept(number) * Self.sectorByteCount
      guard kept > 0, let written = dirtyPages[number] else { continue }
      if kept >= Self.pageByteCount {
        pages[number] = written
      } else {
        pages[number].replaceSubrange(..<kept, with: written[..<kept])
      }
    }
    // Nothing behind the size is anybody's.
    let rest = byteCount % Self.pageByteCount
    if rest > 0 {
      pages[pageCount - 1].replaceSubrange(
        rest..., with: repeatElement(0, count: Self.pageByteCount - rest))
    }
    file.durablePages = pages
    file.durableByteCount = byteCount
    file.byteCount = byteCount
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
