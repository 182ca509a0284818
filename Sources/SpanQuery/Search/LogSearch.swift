internal import SpanEngine
internal import SpanModel
internal import SpanWire

/// Looks for spans in the records of one segment that is not sealed.
struct LogSearch {
  private let segment: Segment
  private let search: SpanSearch
  private let tombstones: Tombstones
  private var reader = RecordReader()
  private var envelopes = RecordEnvelopes()
  /// The first damage that was met.
  private(set) var damage: StoreError?
  private(set) var spanCount: UInt64 = 0

  init(_ segment: Segment, _ search: SpanSearch, _ tombstones: Tombstones) {
    self.segment = segment
    self.search = search
    self.tombstones = tombstones
  }

  /// Takes what is wanted of the record at `position`; what cannot be read is passed over.
  mutating func read(_ position: UInt64, into newest: inout NewestSpans) throws(StoreError) {
    envelopes.reset()
    do throws(StoreError) { try reader.open(segment, at: position) } catch { return try note(error) }
    guard let header = reader.header, header.tenant == search.tenant else { return }
    for number in 0..<header.counts.traces {
      do throws(StoreError) {
        let trace = try reader.trace(number)
        if search.predicate.isDecided(by: trace.traceID) == false { continue }
        if tombstones.hides(trace.traceID, tenant: header.tenant, in: header.sequence) { continue }
        for span in trace.firstSpan..<trace.firstSpan + trace.spanCount {
          try take(span, of: trace.traceID, Int(header.bodyByteCount), into: &newest)
        }
      } catch {
        try note(error)
      }
    }
  }

  private mutating func take(
    _ number: UInt32, of traceID: TraceID, _ bodyByteCount: Int, into newest: inout NewestSpans
  ) throws(StoreError) {
    do throws(StoreError) {
      let span = try reader.span(number)
      if span.scope != envelopes.scopeNumber { try envelopes.load(scope: span.scope, from: &reader) }
      // The reader is changed meanwhile, and so `self`.
      let (search, envelopes) = (search, envelopes)
      try reader.withBody(span.slice, through: bodyByteCount) { bytes in
        envelopes.resource.withUnsafeBytes { resource in
          envelopes.scope.withUnsafeBytes { scope in
            let span = WireSpan(span: bytes, resource: resource, scope: scope)
            guard search.starts.contains(span.start), !newest.isBehindLast(span.start),
              search.predicate.matches(span)
            else { return }
            newest.add(traceID, span, resource, scope)
          }
        }
      }
      spanCount += 1
    } catch {
      try note(error)
    }
  }

  private mutating func note(_ error: StoreError) throws(StoreError) {
    guard case .corrupt = error else { throw error }
    damage = damage ?? error
  }
}
