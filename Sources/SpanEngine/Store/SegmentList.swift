/// All segments of an open store, oldest first.
final class SegmentList: @unchecked Sendable {
  private let lock = Lock()
  // SAFETY: only touched under `lock`; a reader takes a copy of the array, which no one changes.
  private var segments: [Segment]

  init(_ segments: [Segment]) { self.segments = segments }

  func snapshot() -> [Segment] { lock.withLock { segments } }

  func add(_ segment: Segment) {
    lock.withLock {
      let place = segments.firstIndex { $0.sequence > segment.sequence } ?? segments.endIndex
      segments.insert(segment, at: place)
    }
  }

  /// Takes out a segment in which nothing was ever stored.
  func remove(_ segment: Segment) { lock.withLock { segments.removeAll { $0 === segment } } }
}
