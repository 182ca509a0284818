internal import SpanModel
internal import SpanWire

/// Full segments whose index is still in memory: writes it beside them, and keeps their number small.
final class IndexBacklog: @unchecked Sendable {
  /// Tables that may wait for the disk beside the active ones; each up to a sixteenth of a segment's size.
  static let countMax = 4

  private let segments: SegmentList
  private let writer: IndexWriter
  private let report: @Sendable (StoreEvent) -> Void
  private let lock = Lock()
  // SAFETY: only touched under `lock`. Why the last index could not be written.
  private var failure: FileError?

  init(_ segments: SegmentList, _ writer: IndexWriter, report: @escaping @Sendable (StoreEvent) -> Void) {
    self.segments = segments
    self.writer = writer
    self.report = report
  }

  private var waiting: [(segment: Segment, summary: IndexHeader.Summary, index: TraceIndex)] {
    segments.snapshot().compactMap { indexed in
      // What is damaged is read in full each time the store is opened, so that the damage is named again.
      guard case .memory(let index) = indexed.index, let summary = indexed.segment.summary,
        indexed.segment.damages.isEmpty
      else { return nil }
      return (indexed.segment, summary, index)
    }
  }

  /// Writes the index of every full segment that has none.
  ///
  /// A failure is reported once, and tried again next time: the index in memory serves as well meanwhile.
  func write() {
    lock.withLock {
      for (segment, summary, index) in waiting {
        do throws(FileError) {
          let file = try writer.write(index, of: segment.header, summary)
          // Retired meanwhile: nobody would remove its index any more, unless retention saw it.
          if !segments.setIndex(of: segment, to: .file(file)) {
            try writer.directory.unlinkIfThere(file.name)
          }
          failure = nil
        } catch {
          if failure == nil { report(.indexNotWritten(error)) }
          failure = error
          return
        }
      }
    }
  }

  /// Whether one more table may be held as it is.
  var hasRoom: Bool { waiting.count < Self.countMax }

  /// Makes sure that one more table may be held.
  ///
  /// - Throws: why the tables that wait cannot be written.
  func requireRoom() throws(FileError) {
    if waiting.count < Self.countMax { return }
    write()
    guard waiting.count >= Self.countMax else { return }
    if let failure = lock.withLock({ failure }) { throw failure }
  }
}
