/// All segments of an open store, oldest first: sealed ones, and log segments with their indexes.
final class SegmentList: @unchecked Sendable {
  private let lock = Lock()
  // SAFETY: only touched under `lock`; a reader takes a copy of the array, which no one changes.
  private var segments: [IndexedSegment]
  // SAFETY: as above.
  private var sealed: [SealedSegment]

  init(_ segments: [IndexedSegment], sealed: [SealedSegment] = []) {
    self.segments = segments
    self.sealed = sealed
  }

  func snapshot() -> [IndexedSegment] { lock.withLock { segments } }

  func sealedSnapshot() -> [SealedSegment] { lock.withLock { sealed } }

  /// Both at one moment: a span is in one of them, and in no two.
  func wholeSnapshot() -> (sealed: [SealedSegment], segments: [IndexedSegment]) {
    lock.withLock { (sealed, segments) }
  }

  /// Puts sealed segments in the place of those whose spans they have, all at once.
  func replace(_ superseded: [Segment], _ supersededSealed: [SealedSegment] = [], with new: [SealedSegment]) {
    lock.withLock {
      segments.removeAll { indexed in superseded.contains { $0 === indexed.segment } }
      sealed.removeAll { held in supersededSealed.contains { $0 === held } }
      sealed += new
      sealed.sort(by: SealedSegment.isOlder)
    }
  }

  func add(_ indexed: IndexedSegment) {
    lock.withLock {
      let sequence = indexed.segment.sequence
      let place = segments.firstIndex { $0.segment.sequence > sequence } ?? segments.endIndex
      segments.insert(indexed, at: place)
    }
  }

  /// Takes a segment out: who reads it goes on, nobody else finds it.
  func remove(_ segment: Segment) { lock.withLock { segments.removeAll { $0.segment === segment } } }

  func index(of segment: Segment) -> SegmentIndex? {
    lock.withLock { segments.first { $0.segment === segment }?.index }
  }

  /// Has readers from now on use `index`.
  ///
  /// - Returns: `false` when the segment was taken out meanwhile.
  @discardableResult
  func setIndex(of segment: Segment, to index: SegmentIndex) -> Bool {
    lock.withLock {
      guard let place = segments.firstIndex(where: { $0.segment === segment }) else { return false }
      segments[place] = IndexedSegment(segment: segment, index: index)
      return true
    }
  }
}
