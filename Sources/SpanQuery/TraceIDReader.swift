package import SpanEngine
package import SpanModel
internal import SpanWire

/// All trace ids of a store, each once, in no order of use to anybody.
///
/// Holds no list of them: an id is returned where it stands in the oldest segment that has it.
package final class TraceIDReader: @unchecked Sendable {
  // SAFETY: handed from one owner to the next, never shared.

  private let segments: [Segment]
  private let hash: TraceIDHash
  private var segmentNumber = 0
  private var slot = 0
  private var found: [TraceID] = []
  private var reader = RecordReader()
  private var damage: StoreError?

  package init(store: Store) {
    segments = store.segmentSnapshot()
    hash = store.traceIDHash
  }

  /// The next id.
  ///
  /// - Returns: `nil` at the end.
  /// - Throws: `.corrupt` once all that could be read was returned, when there was damage on the way.
  package func next() throws(StoreError) -> TraceID? {
    while found.isEmpty, segmentNumber < segments.count {
      let index = segments[segmentNumber].index
      if slot == index.slotCount {
        segmentNumber += 1
        slot = 0
      } else {
        if let chain = index.chain(inSlot: slot) { try findNewIDs(in: chain) }
        slot += 1
      }
    }
    if let id = found.popLast() { return id }
    if let damage {
      self.damage = nil
      throw damage
    }
    return nil
  }

  private func findNewIDs(in chain: TraceIndex.Chain) throws(StoreError) {
    for id in try ids(in: chain, of: segments[segmentNumber]) {
      if try !isInOlderSegment(id) { found.append(id) }
    }
  }

  private func isInOlderSegment(_ id: TraceID) throws(StoreError) -> Bool {
    let hashOfID = hash.hash(of: id)
    for segment in segments[..<segmentNumber] {
      guard let chain = segment.index.chain(hash: hashOfID) else { continue }
      if try ids(in: chain, of: segment, until: id).contains(id) { return true }
    }
    return false
  }

  /// The distinct ids of a chain, which is one but for ids of equal tag; those up to `wanted` if it is given.
  private func ids(in chain: TraceIndex.Chain, of segment: Segment, until wanted: TraceID? = nil)
    throws(StoreError) -> [TraceID]
  {
    var ids: [TraceID] = []
    var rest = chain
    while let place = segment.index.nextPlace(of: &rest) {
      do throws(StoreError) {
        try reader.open(segment, at: place.record)
        let id = try reader.trace(place.trace).traceID
        if !ids.contains(id) { ids.append(id) }
        if id == wanted { return ids }
      } catch {
        guard case .corrupt = error else { throw error }
        if damage == nil { damage = error }
      }
    }
    return ids
  }
}
