package import SpanModel
package import SpanWire
internal import Synchronization

/// A sealed segment that is open: immutable, and shared by all who read it.
///
/// Resident are its footer, its sections' places, 16 bytes for each row group and its trace filter. What its
/// row groups refer to is read when it is first needed, and kept in a bounded cache.
package final class SealedSegment: Sendable {
  package let name: String
  package let layout: SealedLayout
  let file: File
  /// The files whose spans are all in this one.
  package let supersedes: [SupersededSegment]
  /// Deletions whose spans are not in it any more, though its records came before them.
  let carriedOut: Set<SealedTombstone>
  private let filter: SealedTraceFilter?
  private let cache: SealedCache
  private let finished = Atomic<Bool>(false)
  private let searched = Atomic<UInt64>(0)

  package var footer: SealedFooter { layout.footer }
  package var sequence: SegmentSequence { footer.sequence }

  init(
    name: String, file: File, layout: SealedLayout, supersedes: [SupersededSegment],
    carriedOut: Set<SealedTombstone>, filter: SealedTraceFilter?, cache: SealedCache
  ) {
    self.supersedes = supersedes
    self.carriedOut = carriedOut
    self.name = name
    self.file = file
    self.layout = layout
    self.filter = filter
    self.cache = cache
    file.adviseRandomReads()
  }

  /// Whether the segment may have a trace of this hash: when it says no, it has none.
  package func mayHold(_ hash: UInt64) -> Bool { filter?.mayContain(hash) ?? true }

  /// Whether none of the files that it supersedes is there any more, durably. Before that it must not go.
  var isFinished: Bool { finished.load(ordering: .acquiring) }

  func markFinished() { finished.store(true, ordering: .releasing) }

  /// No tombstone up to this ordinal hides a span in it, but for those that it lists as carried out.
  var searchedOrdinal: UInt64 { searched.load(ordering: .acquiring) }

  func markSearched(upTo ordinal: UInt64) { searched.store(ordinal, ordering: .releasing) }

  /// Memory it takes while it is open.
  package var residentByteCount: Int { (filter?.byteCount ?? 0) + 16 * layout.firstHashes.count }

  /// What its row groups refer to.
  package func contents() throws(StoreError) -> SealedContents {
    if let held = cache.contents(of: footer) { return held }
    let read = try SealedContents(self)
    cache.keep(read, of: footer)
    return read
  }

  // MARK: Bytes

  /// The bytes of a section as they are stored.
  func bytes(of section: SealedSection) throws(StoreError) -> [UInt8] {
    try read(Int(section.byteCount), at: section.position)
  }

  /// Has `reader`, which was made for these contents, go to a row group.
  package func open(rowGroup number: Int, in reader: RowGroupReader) throws(StoreError) {
    let (begin, end) = (layout.positions[number], layout.positions[number + 1])
    let room = reader.room(for: Int(end - begin))
    try read(into: room, at: begin)
    do throws(FormatError) {
      try reader.open(UnsafeRawBufferPointer(room), salt: footer.salt, at: begin)
    } catch {
      throw damage(ofRowGroup: number, error)
    }
  }

  private func read(_ byteCount: Int, at position: UInt64) throws(StoreError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var outcome: Result<Void, StoreError> = .success(())
    bytes.withUnsafeMutableBytes { bytes in
      do throws(StoreError) { try read(into: bytes, at: position) } catch { outcome = .failure(error) }
    }
    try outcome.get()
    return bytes
  }

  /// Reads what lies within the file, whose length was held against its footer when it was opened.
  private func read(into buffer: UnsafeMutableRawBufferPointer, at position: UInt64) throws(StoreError) {
    let count: Int
    do throws(FileError) { count = try file.read(into: buffer, at: position) } catch {
      guard error.isUnreadable else { throw .file(error) }
      throw .corrupt(damage(at: position, UInt64(buffer.count), FileError.unreadableReason))
    }
    guard count == buffer.count else {
      throw .corrupt(damage(at: position, UInt64(buffer.count), "the file ends"))
    }
  }

  func damage(at position: UInt64, _ byteCount: UInt64, _ reason: String) -> Damage {
    let place = layout.sections.first { $0.position <= position && position < $0.position + $0.byteCount }
    let isRows = place?.id == SealedSection.ID.rowGroups.rawValue
    return Damage(
      file: name, position: position, byteCount: byteCount, extent: isRows ? .rows : .section,
      reason: place.map { "\($0.name): \(reason)" } ?? reason)
  }

  func damage(of section: SealedSection, _ error: FormatError) -> StoreError {
    .corrupt(damage(at: section.position, section.byteCount, error.description))
  }

  package func damage(ofRowGroup number: Int, _ error: FormatError) -> StoreError {
    let position = layout.positions[number]
    return .corrupt(damage(at: position, layout.positions[number + 1] - position, error.description))
  }
}
