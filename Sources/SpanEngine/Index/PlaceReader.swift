/// The places of one trace in one segment, oldest first, a block at a time.
///
/// It shows what was there when it was made. One thread at a time.
package struct PlaceReader {
  package let segment: Segment
  private let tag: UInt32
  private let repair: IndexRepair
  private var source: Source
  /// The next places, the last of which comes first.
  private var block: [TraceIndex.Place] = []
  private var returnedCount = 0

  private enum Source {
    /// Numbers of entries still to come, the last of which comes first.
    case memory(TraceIndex, [UInt32])
    case file(IndexFile, nextPage: Int)
    case end
  }

  /// - Returns: `nil` when the segment is known to have no place of the hash.
  init?(_ indexed: IndexedSegment, hash: UInt64, repair: IndexRepair) {
    segment = indexed.segment
    self.repair = repair
    tag = TraceIndex.tag(of: hash)
    switch indexed.index {
    case .memory(let index):
      guard let chain = index.chain(hash: hash) else { return nil }
      source = .memory(index, index.entryNumbers(of: chain))
    case .file(let file):
      let first = file.firstPage(of: tag)
      guard file.mayHold(tag, page: first) else { return nil }
      source = .file(file, nextPage: first)
    }
  }

  /// The next place, or `nil` at the end. May ask the disk.
  package mutating func next() throws(StoreError) -> TraceIndex.Place? {
    while true {
      if let place = block.popLast() {
        returnedCount += 1
        return place
      }
      switch source {
      case .end: return nil
      case .memory(let index, var numbers):
        // Taken out and put back, or each call would copy what is left.
        source = .end
        guard let number = numbers.popLast() else { return nil }
        source = .memory(index, numbers)
        return index.place(ofEntry: number)
      case .file(let file, let page):
        try readPage(page, of: file)
      }
    }
  }

  private mutating func readPage(_ number: Int, of file: IndexFile) throws(StoreError) {
    guard file.mayHold(tag, page: number) else {
      source = .end
      return
    }
    source = .file(file, nextPage: number + 1)
    let tag = tag
    do throws(StoreError) {
      block = try file.withPage(number) { $0.places(of: tag) }
    } catch {
      guard case .corrupt = error else { throw error }
      // The segment tells what its index cannot any more, in the same order.
      let index = try repair.index(of: segment, damagedFile: file)
      guard let chain = index.chain(tag: tag) else {
        source = .end
        return
      }
      source = .memory(index, index.entryNumbers(of: chain).dropLast(returnedCount))
    }
  }
}
