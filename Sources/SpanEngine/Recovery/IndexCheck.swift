internal import SpanModel
internal import SpanWire

/// Holds the index file of a segment against what reading all of the segment showed.
struct IndexCheck {
  let directory: Directory

  /// - Returns: what is wrong; `nil` when nothing is, or when there is no index file.
  func damage(of file: SegmentFile, _ recovery: SegmentRecovery) throws(FileError) -> Damage? {
    let cache = IndexCache(byteCount: IndexPage.byteCount)
    let index: IndexFile
    switch try IndexFile.find(for: file.header, in: directory, cache: cache) {
    case .missing: return nil
    case .unusable(let damage): return damage
    case .whole(let found): index = found
    }
    var entries: [IndexEntry] = []
    for page in 0..<index.pageCount {
      do throws(StoreError) {
        entries += try index.withPage(page) { page in (0..<page.entryCount).map { page.entry($0) } }
      } catch {
        switch error {
        case .corrupt(let damage): return damage
        case .file(let error): throw error
        default: preconditionFailure("a page of an index is read or damaged")
        }
      }
    }
    // What is damaged in the segment is named already, and its index is made anew when it is opened.
    guard recovery.damages.isEmpty else { return nil }
    var summary = recovery.summary
    // Releases that knew no tombstones, and no retention by age, did not note them.
    let noted = index.header.summary
    if noted.firstSequence.rawValue == 0 { summary.firstSequence = RecordSequence(0) }
    if noted.lastArrival.nanoseconds == 0 { summary.lastArrival = Timestamp(nanoseconds: 0) }
    if noted == summary, entries == recovery.index().sortedEntries() { return nil }
    return Damage(
      file: index.name, position: 0, byteCount: index.header.fileByteCount, extent: .nothing,
      reason: "it is not the index of its segment")
  }
}
