package import SpanEngine
package import SpanModel
internal import SpanWire

/// Reads one trace of a tenant in chunks, equal spans once.
///
/// Sealed segments come first, in each the spans in order of their ids; then the others in the order in which
/// they were begun, requests in a file and spans in a request in the order of arrival. Of a trace with more
/// sealed spans than can be told apart at once they come last, by ranges of ids: in each range all sealed
/// segments, one after the other. The order, and so what `skip` leaves out, is the same for every read until
/// something is appended, sealed or merged. What it returns is what was durable when it was made. Its memory
/// is bounded: a chunk, a span, 4 bytes for each place of the trace in the files still being written (at most
/// one for every 256 bytes of those), and what telling equal spans apart takes. Calls block on the disk: not
/// for an event loop or the cooperative pool. One thread at a time.
package final class TraceReader: @unchecked Sendable {
  // SAFETY: handed from one owner to the next, never shared.

  private let traceID: TraceID
  private let tenant: UInt32
  /// Of the records that are read.
  private let sequences: Range<RecordSequence>
  private let chunkByteCount: Int
  private var spansToSkip: UInt64
  private var spansLeft: UInt64
  private var equalSpans: EqualSpans
  private var builder = TracesDataBuilder()
  /// Where the trace may have spans, the newest segment first, so that the last is the next.
  private var places: [PlaceReader]
  private var record: RecordSpans
  /// The sealed segments that may have some, the newest first.
  private var sealed: [SealedSpans]
  /// Those whose spans of this range were read.
  private var laterSealed: [SealedSpans] = []
  private var ranges: SpanIDRanges
  /// Whether there are no more spans that are not sealed.
  private var isPastRecords = false
  /// The first damage met; thrown when all that is whole was returned.
  private var damage: StoreError?

  /// - Parameters:
  ///   - tenant: whose spans are read, whatever partition they came through.
  ///   - skip: how many spans are left out at the start.
  ///   - limit: how many are returned at the most.
  ///   - chunkByteCount: about how large a chunk is; one with a single span may be larger.
  package convenience init(
    store: Store, traceID: TraceID, tenant: UInt32 = 0, skip: UInt64 = 0, limit: UInt64 = .max,
    chunkByteCount: Int = 1 << 20
  ) {
    // First; see `Store.tombstones`.
    let hiddenEnd = store.tombstones.hiddenEnd(of: traceID, tenant: tenant)
    self.init(
      store: store, traceID: traceID, tenant: tenant, hiddenEnd..<Self.sequenceEnd, skip: skip, limit: limit,
      chunkByteCount: chunkByteCount)
  }

  /// Above all there are.
  static let sequenceEnd = RecordSequence(.max)

  /// - Parameter sequences: of the records that are read.
  convenience init(
    store: Store, traceID: TraceID, tenant: UInt32, _ sequences: Range<RecordSequence>, skip: UInt64 = 0,
    limit: UInt64 = .max, chunkByteCount: Int = 1 << 20
  ) {
    let snapshot = store.segmentSnapshot()
    self.init(
      store: store, traceID: traceID, tenant: tenant,
      sealed: snapshot.sealedReaders(of: traceID, tenant: tenant),
      places: snapshot.places(of: traceID), sequences, skip: skip, limit: limit,
      chunkByteCount: chunkByteCount)
  }

  /// - Parameters:
  ///   - sealed: the tenant's sealed segments that may have spans of the trace, the oldest first.
  ///   - places: where the trace may have others, the oldest segment first.
  ///   - sequences: of the records that are read.
  init(
    store: Store, traceID: TraceID, tenant: UInt32, sealed: [SealedTraceReader], places: [PlaceReader],
    _ sequences: Range<RecordSequence>, skip: UInt64 = 0, limit: UInt64 = .max, chunkByteCount: Int = 1 << 20
  ) {
    self.traceID = traceID
    self.tenant = tenant
    self.sequences = sequences
    self.chunkByteCount = chunkByteCount
    spansToSkip = skip
    spansLeft = limit
    equalSpans = EqualSpans(key: store.contentHashKey)
    record = RecordSpans()
    self.places = places.reversed()
    ranges = SpanIDRanges(spanCount: sealed.reduce(0) { $0 + $1.largeSpanCount })
    self.sealed = sealed.reversed().map { SealedSpans($0, sequences) }
  }

  /// The next spans of the trace.
  ///
  /// - Returns: `nil` at the end; at once when the trace is unknown.
  /// - Throws: `.corrupt` once all that could be read was returned, when there was damage on the way.
  package func nextChunk() throws(StoreError) -> TraceChunk? {
    while spansLeft > 0, builder.byteCount < chunkByteCount {
      do {
        if try !takeSpan() { break }
      } catch {
        guard case .corrupt = error else { throw error }
        // Envelopes may have been loaded that were not begun: the next span must not end up in earlier ones.
        beginAgain()
        if damage == nil { damage = error }
      }
    }
    let spanCount = builder.spanCount
    if spanCount > 0 {
      beginAgain()
      return TraceChunk(bytes: builder.finish(), spanCount: spanCount, mayRepeat: !equalSpans.isComplete)
    }
    if let damage {
      self.damage = nil
      throw damage
    }
    return nil
  }

  private func beginAgain() {
    record.beginsAgain = true
    if !sealed.isEmpty { sealed[sealed.count - 1].beginsAgain = true }
  }

  /// Moves one span into the chunk, or passes over one that is not wanted.
  ///
  /// - Returns: `false` when there are no more.
  private func takeSpan() throws(StoreError) -> Bool {
    if !sealed.isEmpty, !ranges.areSeveral || isPastRecords { return try takeSealedSpan() }
    guard record.hasNext else {
      if try openNextRecord() { return true }
      isPastRecords = true
      equalSpans.keepAll()
      return !sealed.isEmpty
    }
    try record.next(&equalSpans, &spansToSkip, into: &builder)
    // `builder` counts the chunk's spans; the limit counts the trace's.
    if record.didTake { spansLeft -= 1 }
    return true
  }

  private func takeSealedSpan() throws(StoreError) -> Bool {
    let last = sealed.count - 1
    switch try sealed[last].next(through: ranges.last, &equalSpans, &spansToSkip, into: &builder) {
    case .taken: spansLeft -= 1
    case .passedOver: break
    case .end: endSealed()
    }
    return true
  }

  /// The sealed segment that was read last has no more spans in this range.
  private func endSealed() {
    guard var ended = sealed.popLast() else { return }
    if ended.hasMore {
      ended.suspend()
      laterSealed.append(ended)
    }
    guard sealed.isEmpty, !laterSealed.isEmpty else { return }
    sealed = laterSealed.reversed()
    laterSealed = []
    ranges.advance()
    equalSpans.beginIDs()
  }

  private func openNextRecord() throws(StoreError) -> Bool {
    while !places.isEmpty {
      let last = places.count - 1
      if let place = try places[last].next() {
        try record.open(places[last].segment, place, traceID, tenant: tenant, in: sequences)
        return true
      }
      places.removeLast()
    }
    return false
  }
}
