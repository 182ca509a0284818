package import SpanEngine
package import SpanModel
internal import SpanWire

/// All trace ids of a store, each once, in no order of use to anybody.
///
/// Holds no list of them: an id is returned where it stands in the oldest segment that has it.
package final class TraceIDReader: @unchecked Sendable {
  // SAFETY: handed from one owner to the next, never shared.

  private let segments: SegmentSnapshot
  private var segmentNumber = 0
  private var walk: IndexWalk?
  private var found: [TraceID] = []
  private var reader = RecordReader()
  private var damage: StoreError?

  package init(store: Store) { segments = store.segmentSnapshot() }

  /// The next id.
  ///
  /// - Returns: `nil` at the end.
  /// - Throws: `.corrupt` once all that could be read was returned, when there was damage on the way.
  package func next() throws(StoreError) -> TraceID? {
    while found.isEmpty, segmentNumber < segments.count {
      do throws(StoreError) { try findNewIDs() } catch {
        guard case .corrupt = error else { throw error }
        if damage == nil { damage = error }
        goToNextSegment()
      }
    }
    if let id = found.popLast() { return id }
    if let damage {
      self.damage = nil
      throw damage
    }
    return nil
  }

  private func goToNextSegment() {
    walk = nil
    segmentNumber += 1
  }

  /// Finds the ids under the next tag of the segment that stand in none before it.
  private func findNewIDs() throws(StoreError) {
    if walk == nil { walk = segments.walk(segmentNumber) }
    guard let segment = walk?.segment, let places = try walk?.next() else { return goToNextSegment() }
    var ids: [TraceID] = []
    for place in places {
      // One, but for ids of equal tag.
      if let id = try id(at: place, of: segment), !ids.contains(id) { ids.append(id) }
    }
    for id in ids where try !isInOlderSegment(id) { found.append(id) }
  }

  private func isInOlderSegment(_ wanted: TraceID) throws(StoreError) -> Bool {
    for var places in segments.places(of: wanted, before: segmentNumber) {
      while let place = try places.next() {
        if try id(at: place, of: places.segment) == wanted { return true }
      }
    }
    return false
  }

  /// The id at a place, or `nil` when it cannot be read; the damage is told at the end.
  private func id(at place: TraceIndex.Place, of segment: Segment) throws(StoreError) -> TraceID? {
    do throws(StoreError) {
      try reader.open(segment, at: place.record)
      return try reader.trace(place.trace).traceID
    } catch {
      guard case .corrupt = error else { throw error }
      if damage == nil { damage = error }
      return nil
    }
  }
}
