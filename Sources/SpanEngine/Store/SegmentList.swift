/// All segments of an open store, oldest first: sealed ones, and log segments with their indexes.
final class SegmentList: @unchecked Sendable {
  private let lock = Lock()
  // SAFETY: only touched under `lock`; a reader takes a copy of the array, which no one changes: each change
  // makes a new one, even where the present one has no other owner any more. That a reader was done with it
  // before is known to the reference count alone, which no sanitizer sees.
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
      segments = segments.filter { indexed in !superseded.contains { $0 === indexed.segment } }
      let kept = sealed.filter { held in !supersededSealed.contains { $0 === held } }
      sealed = (kept + new).sorted(by: SealedSegment.isOlder)
    }
  }

  func add(_ indexed: IndexedSegment) {
    lock.withLock {
      let sequence = indexed.segment.sequence
      let place = segments.firstIndex { $0.segment.sequence > sequence } ?? segments.endIndex
      segments = segments[..<place] + [indexed] + segments[place...]
    }
  }

  /// Takes a segment out: who reads it goes on, nobody else finds it.
  func remove(_ segment: Segment) { lock.withLock { segments = segments.filter { $0.segment !== segment } } }

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
      let replaced = IndexedSegment(segment: segment, index: index)
      segments = segments[..<place] + [replaced] + segments[(place + 1)...]
      return true
    }
  }
}
