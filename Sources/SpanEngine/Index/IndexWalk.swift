internal import SpanWire

/// All places of a segment, those of one tag together.
package struct IndexWalk {
  package let segment: Segment
  private let repair: IndexRepair
  private var source: Source
  /// Of a file: entries that were read and not returned, the last of which comes first.
  private var entries: [IndexEntry] = []
  private var lastTag: UInt32?

  private enum Source {
    case memory(TraceIndex, nextSlot: Int)
    case file(IndexFile, nextPage: Int)
  }

  init(_ indexed: IndexedSegment, repair: IndexRepair) {
    segment = indexed.segment
    self.repair = repair
    source =
      switch indexed.index {
      case .memory(let index): .memory(index, nextSlot: 0)
      case .file(let file): .file(file, nextPage: 0)
      }
  }

  /// The places of the next tag, oldest first, or `nil` at the end.
  package mutating func next() throws(StoreError) -> [TraceIndex.Place]? {
    switch source {
    case .memory(let index, let slot):
      var slot = slot
      while slot < index.slotCount {
        defer { slot += 1 }
        guard let chain = index.chain(inSlot: slot) else { continue }
        source = .memory(index, nextSlot: slot + 1)
        return index.entryNumbers(of: chain).reversed().map { index.place(ofEntry: $0) }
      }
      source = .memory(index, nextSlot: slot)
      return nil
    case .file(let file, _):
      do throws(StoreError) { return try nextOfFile(file) } catch {
        guard case .corrupt = error else { throw error }
        try repairIndex(file)
        return try nextOfFile(file)
      }
    }
  }

  /// Goes on behind the last tag that was returned with what the segment itself tells.
  private mutating func repairIndex(_ file: IndexFile) throws(StoreError) {
    let index = try repair.index(of: segment, damagedFile: file)
    source = .file(file, nextPage: file.pageCount)
    entries = index.sortedEntries().filter { entry in lastTag.map { entry.tag > $0 } ?? true }.reversed()
  }

  private mutating func nextOfFile(_ file: IndexFile) throws(StoreError) -> [TraceIndex.Place]? {
    if entries.isEmpty { try readPage(of: file) }
    guard let tag = entries.last?.tag else { return nil }
    var places: [TraceIndex.Place] = []
    while let entry = entries.last, entry.tag == tag {
      places.append(entry.place)
      entries.removeLast()
      if entries.isEmpty { try readPage(of: file) }
    }
    lastTag = tag
    return places
  }

  private mutating func readPage(of file: IndexFile) throws(StoreError) {
    guard case .file(_, let page) = source, page < file.pageCount else { return }
    source = .file(file, nextPage: page + 1)
    entries = try file.withPage(page) { page in
      (0..<page.entryCount).reversed().map { page.entry($0) }
    }
  }
}

extension IndexEntry {
  var place: TraceIndex.Place { TraceIndex.Place(record: UInt64(recordPosition8) * 8, trace: trace) }
}

extension IndexPage {
  /// The places of `tag` in this page, newest first.
  func places(of tag: UInt32) -> [TraceIndex.Place] {
    let first = firstEntry(notBelow: tag)
    var end = first
    while end < entryCount, entry(end).tag == tag { end += 1 }
    return (first..<end).reversed().map { entry($0).place }
  }
}
