package import SpanEngine
internal import SpanModel
internal import SpanWire

/// Finds the newest spans that a predicate is true of, in what was durable when it was made.
///
/// Segments, and of those that are not sealed pieces of 16 MiB, are taken by their greatest start, the
/// greatest first; it ends when what is left cannot have newer spans than the last of those that were found.
/// Memory: what is found, and for one segment at a time what its row groups refer to. Calls block on the
/// disk: not for an event loop or the cooperative pool. One thread at a time.
package final class SpanSearcher {
  private enum Unit {
    case sealed(SealedSegment)
    case piece(Segment, SummaryPiece)
  }

  private let store: Store
  private let search: SpanSearch
  private let tombstones: Tombstones
  private let snapshot: SegmentSnapshot
  private let isCancelled: () -> Bool
  /// Of runs that are not sealed.
  private let condition: TagCondition
  private var newest: NewestSpans
  private var result = SearchResult()

  /// - Parameter isCancelled: asked now and then; once it says yes the search ends with what it has.
  package init(_ store: Store, _ search: SpanSearch, isCancelled: @escaping () -> Bool = { false }) {
    self.store = store
    self.search = search
    self.isCancelled = isCancelled
    // First; see `Store.tombstones`.
    tombstones = store.tombstones
    snapshot = store.segmentSnapshot()
    condition = TagCondition(search.predicate, store.tagHash)
    newest = NewestSpans(limit: search.limit, key: store.contentHashKey)
  }

  package func run() throws(StoreError) -> SearchResult {
    for (lastStart, unit) in try units() {
      if isCancelled() { break }
      if newest.isBehindLast(lastStart) || lastStart < search.starts.lowerBound { break }
      switch unit {
      case .sealed(let segment):
        try noting { () throws(StoreError) in try read(segment) }
      case .piece(let segment, let piece): try read(segment, piece)
      }
    }
    result.spans = newest.spans
    return result
  }

  /// What may hold such spans, by its greatest start.
  private func units() throws(StoreError) -> [(lastStart: UInt64, Unit)] {
    var units: [(lastStart: UInt64, Unit)] = []
    for segment in snapshot.sealed where segment.footer.tenant == search.tenant {
      result.cost.sealedSegmentCount += 1
      result.cost.rowGroupCount += segment.layout.firstHashes.count
      let footer = segment.footer
      let last = footer.lastStart.nanoseconds > 0 ? footer.lastStart.nanoseconds : .max
      if footer.firstTime.nanoseconds <= search.starts.upperBound { units.append((last, .sealed(segment))) }
    }
    store.forgetSearchSummaries(but: snapshot)
    for number in 0..<snapshot.count {
      let segment = snapshot.segment(number)
      let summary = try store.searchSummary(of: segment)
      if let damage = summary.damage { note(damage) }
      for piece in summary.pieces where piece.spanCount > 0 {
        result.cost.runCount += piece.runs.count
        if piece.firstStart <= search.starts.upperBound {
          units.append((piece.lastStart, .piece(segment, piece)))
        }
      }
    }
    return units.sorted { $0.lastStart > $1.lastStart }
  }

  private func read(_ segment: SealedSegment) throws(StoreError) {
    let sealed = try SealedSearch(segment, search, tombstones)
    let groups = try sealed.rowGroups()
    if let damage = groups.damage { note(damage) }
    let reader = sealed.makeReader()
    for group in groups.numbers {
      if isCancelled() { return }
      result.cost.decodedRowGroupCount += 1
      try noting { () throws(StoreError) in
        result.cost.spanCount += try sealed.read(group, reader, into: &newest)
      }
    }
  }

  private func read(_ segment: Segment, _ piece: SummaryPiece) throws(StoreError) {
    var log = LogSearch(segment, search, tombstones)
    for run in piece.runs {
      let isPassedOver =
        newest.isBehindLast(run.lastStart) || run.lastStart < search.starts.lowerBound
        || run.firstStart > search.starts.upperBound
        || !piece.withFilter(of: run) { condition.mayHold($0, rowGroup: nil) }
      if isPassedOver { continue }
      if isCancelled() { break }
      result.cost.readRunCount += 1
      for record in piece.records(of: run) { try log.read(record, into: &newest) }
    }
    result.cost.spanCount += log.spanCount
    if let damage = log.damage { note(damage) }
  }

  private func noting(_ body: () throws(StoreError) -> Void) throws(StoreError) {
    do throws(StoreError) { try body() } catch {
      guard case .corrupt = error else { throw error }
      note(error)
    }
  }

  private func note(_ error: StoreError) { result.damage = result.damage ?? error }
}
