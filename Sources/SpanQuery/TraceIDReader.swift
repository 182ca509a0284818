package import SpanEngine
package import SpanModel
internal import SpanWire

/// All trace ids of a tenant, each once, in the order of a keyed hash: of no use to anybody, but the first
/// ids are as good a sample as any.
///
/// All indexes are read side by side, so that what one id is compared with are the ids of equal tag, whatever
/// the number of segments. Holds a piece of each index, and no list of ids. What is appended meanwhile may be
/// missed, and what is deleted meanwhile returned. Segments that retention takes out meanwhile are let go of
/// every 1024 places, and with them the traces that are in no other: so a read of all keeps a file's space
/// from being freed only while whoever reads stands still.
package final class TraceIDReader: @unchecked Sendable {
  // SAFETY: handed from one owner to the next, never shared.

  private static let releaseInterval = 1024

  private let store: Store
  private let tenant: UInt32
  private let tombstones: Tombstones
  private var merge: IndexMerge
  /// Ways through the sealed segments; those at their end are gone.
  private var cursors: [SealedTraceCursor]
  private let sealed: [SealedSegment]
  private var placesUntilRelease = releaseInterval
  /// The first place of the next tag.
  private var nextEntry: IndexMerge.Entry?
  /// The ids of one tag, the first of which comes last: one, but for ids of equal tag.
  private var found: [TraceID] = []
  /// The segments with that tag.
  private var segmentNumbers: [Int] = []
  private var reader = RecordReader()
  private var damage: StoreError?

  package init(store: Store, tenant: UInt32 = 0) {
    self.store = store
    self.tenant = tenant
    // First; see `Store.tombstones`.
    tombstones = store.tombstones
    let snapshot = store.segmentSnapshot()
    merge = snapshot.merge()
    sealed = snapshot.sealed.filter { $0.footer.tenant == tenant }
    cursors = sealed.map { SealedTraceCursor($0) }
  }

  /// The next id.
  ///
  /// - Returns: `nil` at the end.
  /// - Throws: `.corrupt` once all that could be read was returned, when there was damage on the way.
  package func next() throws(StoreError) -> TraceID? {
    if !found.isEmpty { found.removeLast() }
    while found.isEmpty {
      releaseRetired()
      guard try findNextTag() else { break }
    }
    if let id = found.last { return id }
    if let damage {
      self.damage = nil
      throw damage
    }
    return nil
  }

  /// Reads the trace whose id was returned last; looks into those segments only that were found to have it.
  ///
  /// - Precondition: `next` returned an id.
  package func traceReader() -> TraceReader {
    guard let traceID = found.last else { preconditionFailure("no id was returned") }
    return TraceReader(
      store: store, traceID: traceID, tenant: tenant,
      sealed: sealed.compactMap { SealedTraceReader($0, traceID) },
      places: merge.places(of: traceID, in: segmentNumbers),
      tombstones.hiddenEnd(of: traceID, tenant: tenant)..<TraceReader.sequenceEnd)
  }

  /// Finds the ids under the next tag.
  ///
  /// - Returns: `false` at the end.
  private func findNextTag() throws(StoreError) -> Bool {
    segmentNumbers.removeAll(keepingCapacity: true)
    if nextEntry == nil { nextEntry = try takeEntry() }
    guard let tag = [nextEntry?.tag, try leastSealedTag()].compactMap(\.self).min() else { return false }
    while let entry = nextEntry, entry.tag == tag {
      if segmentNumbers.last != entry.number { segmentNumbers.append(entry.number) }
      if let id = try id(at: entry) { add(id) }
      nextEntry = nil
      nextEntry = try takeEntry()
    }
    for cursor in cursors {
      while try tagOfNext(cursor) == tag {
        let id = cursor.next()
        if try isShown(id, in: cursor.segment) { add(id) }
      }
    }
    return true
  }

  /// Whether any span of a trace that has some in a sealed segment is not hidden there.
  private func isShown(_ id: TraceID, in segment: SealedSegment) throws(StoreError) -> Bool {
    let end = tombstones.hiddenEnd(of: id, tenant: tenant)
    guard end.rawValue > 0, let reader = SealedTraceReader(segment, id) else { return true }
    do throws(StoreError) {
      while let sequence = try reader.next({ (found, _) throws(StoreError) in found.record.sequence }) {
        if sequence >= end { return true }
      }
    } catch { try note(error) }
    return false
  }

  private func add(_ id: TraceID) { if !found.contains(id) { found.append(id) } }

  private func leastSealedTag() throws(StoreError) -> UInt32? {
    var least: UInt32?
    for (number, cursor) in cursors.enumerated().reversed() {
      guard let tag = try tagOfNext(cursor) else {
        cursors.remove(at: number)
        continue
      }
      least = min(least ?? tag, tag)
    }
    return least
  }

  /// The tag that a cursor comes to next; damage on the way is told at the end.
  private func tagOfNext(_ cursor: SealedTraceCursor) throws(StoreError) -> UInt32? {
    while true {
      do throws(StoreError) { return try cursor.nextTag() } catch { try note(error) }
    }
  }

  /// The next place that can be found; the damage is told at the end.
  private func takeEntry() throws(StoreError) -> IndexMerge.Entry? {
    while true {
      do throws(StoreError) {
        placesUntilRelease -= 1
        return try merge.next()
      } catch { try note(error) }
    }
  }

  /// The id at a place, or `nil` when its spans there are hidden or another tenant's, or when it cannot be
  /// read; the damage is told at the end.
  private func id(at entry: IndexMerge.Entry) throws(StoreError) -> TraceID? {
    do throws(StoreError) {
      try reader.open(entry.segment, at: entry.place.record)
      guard let header = reader.header, header.tenant == tenant else { return nil }
      let id = try reader.trace(entry.place.trace).traceID
      return tombstones.hides(id, tenant: tenant, in: header.sequence) ? nil : id
    } catch {
      try note(error)
      return nil
    }
  }

  private func note(_ error: StoreError) throws(StoreError) {
    guard case .corrupt = error else { throw error }
    damage = damage ?? error
  }

  private func releaseRetired() {
    guard placesUntilRelease <= 0 else { return }
    placesUntilRelease = Self.releaseInterval
    store.segmentSnapshot().release(retiredFrom: &merge)
  }
}
