internal import SpanWire

/// A way through the index of a segment, a piece at a time: ascending by tag, those of one tag oldest first.
struct IndexCursor {
  /// Tags of an index in memory whose entries are taken at once: 48 KiB, if each has one. At least two, so
  /// that there is one behind the last.
  private static let memoryTagCountMin = 4096

  private let segment: Segment
  private let repair: IndexRepair
  /// Entries of a file that are taken at once.
  private let fileEntryCountMax: Int
  private var source: Source
  /// Entries that were taken and not returned, the last of which comes first.
  private var entries: [IndexEntry] = []
  /// The tag that was returned last, and how many of its entries were.
  private var last: (tag: UInt32, count: Int)?

  private enum Source {
    case memory(TraceIndex)
    case file(IndexFile, nextPage: Int, nextEntry: Int)
  }

  init(_ indexed: IndexedSegment, repair: IndexRepair, fileEntryCountMax: Int) {
    segment = indexed.segment
    self.repair = repair
    self.fileEntryCountMax = fileEntryCountMax
    source =
      switch indexed.index {
      case .memory(let index): .memory(index)
      case .file(let file): .file(file, nextPage: 0, nextEntry: 0)
      }
  }

  /// The tag of the next entry, or `nil` at the end. May ask the disk.
  mutating func nextTag() throws(StoreError) -> UInt32? {
    if entries.isEmpty { try takeEntries() }
    return entries.last?.tag
  }

  /// The place of the next entry.
  ///
  /// - Precondition: `nextTag` told its tag.
  mutating func next() -> TraceIndex.Place {
    let entry = entries.removeLast()
    last = (entry.tag, last.map { $0.tag == entry.tag ? $0.count + 1 : 1 } ?? 1)
    return entry.place
  }

  private mutating func takeEntries() throws(StoreError) {
    switch source {
    case .memory(let index): entries = entriesBehindLast(of: index)
    case .file(let file, _, _):
      do throws(StoreError) { try readEntries(of: file) } catch {
        guard case .corrupt = error else { throw error }
        // The segment tells what its index cannot any more, in the same order.
        let index = try repair.index(of: segment, damagedFile: file)
        source = .memory(index)
        entries = entriesBehindLast(of: index)
      }
    }
  }

  private mutating func readEntries(of file: IndexFile) throws(StoreError) {
    while entries.isEmpty, case .file(_, let page, let first) = source, page < file.pageCount {
      let (taken, left) = try file.withPage(page) { [fileEntryCountMax] page in
        let end = min(first + fileEntryCountMax, page.entryCount)
        return ((min(first, end)..<end).reversed().map { page.entry($0) }, page.entryCount - end)
      }
      entries = taken
      source =
        left > 0
        ? .file(file, nextPage: page, nextEntry: first + taken.count)
        : .file(file, nextPage: page + 1, nextEntry: 0)
    }
  }

  /// What is inserted meanwhile stands behind all others of its tag, so the count leads to the same place.
  private func entriesBehindLast(of index: TraceIndex) -> [IndexEntry] {
    let sorted = index.sortedEntries(notBelow: last?.tag ?? 0, tagCountMin: Self.memoryTagCountMin)
    let passedCount = last.map { last in sorted.prefix(last.count).count { $0.tag == last.tag } } ?? 0
    return sorted.dropFirst(passedCount).reversed()
  }
}
