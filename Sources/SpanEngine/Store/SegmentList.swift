/// All segments of an open store and their indexes, oldest first.
final class SegmentList: @unchecked Sendable {
  private let lock = Lock()
  // SAFETY: only touched under `lock`; a reader takes a copy of the array, which no one changes.
  private var segments: [IndexedSegment]

  init(_ segments: [IndexedSegment]) { self.segments = segments }

  func snapshot() -> [IndexedSegment] { lock.withLock { segments } }

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
