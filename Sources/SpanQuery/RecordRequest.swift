internal import SpanEngine
internal import SpanModel
internal import SpanWire

/// Puts together what was accepted of the request in a record.
///
/// Spans that were refused stay out, for which the record's directory is asked and not the rules of today,
/// and so do those of traces that are deleted.
struct RecordRequest {
  private let tombstones: Tombstones
  private var reader = RecordReader()
  private var envelopes = RecordEnvelopes()
  private var builder = TracesDataBuilder()

  init(_ tombstones: Tombstones) { self.tombstones = tombstones }

  /// - Returns: `nil` for a record that is no request.
  mutating func read(_ segment: Segment, at position: UInt64) throws(StoreError) -> ArrivedRequest? {
    try reader.open(segment, at: position)
    guard let header = reader.header, header.kind == .request else { return nil }
    let shown = try shownSpans(header)
    if header.rejectedSpanCount == 0, shown == nil, let body = try wholeBody(header) {
      return ArrivedRequest(
        sequence: header.sequence, arrival: header.arrival, bytes: body, spanCount: Int(header.counts.spans))
    }
    let lostSpanCount =
      try takeSpans(shown?.numbers ?? Array(0..<header.counts.spans)) + (shown?.lostCount ?? 0)
    let spanCount = builder.spanCount
    return ArrivedRequest(
      sequence: header.sequence, arrival: header.arrival, bytes: builder.finish(), spanCount: spanCount,
      lostSpanCount: lostSpanCount)
  }

  /// The numbers of the spans that no tombstone hides, and of how many nobody can tell.
  ///
  /// - Returns: `nil` when that is all of them.
  private mutating func shownSpans(_ header: RecordHeader) throws(StoreError) -> (
    numbers: [UInt32], lostCount: Int
  )? {
    guard tombstones.count > 0 else { return nil }
    var numbers: [UInt32] = []
    var hiddenCount = 0
    for number in 0..<header.counts.traces {
      do throws(StoreError) {
        let trace = try reader.trace(number)
        if tombstones.hides(trace.traceID, tenant: header.tenant, in: header.sequence) {
          hiddenCount += Int(trace.spanCount)
        } else {
          numbers += trace.firstSpan..<trace.firstSpan + trace.spanCount
        }
      } catch {
        // Whose spans these are is not known: they may be deleted.
        guard case .corrupt = error else { throw error }
      }
    }
    let lostCount = max(0, Int(header.counts.spans) - numbers.count - hiddenCount)
    return hiddenCount + lostCount == 0 ? nil : (numbers, lostCount)
  }

  /// - Returns: `nil` when some of it cannot be read.
  private mutating func wholeBody(_ header: RecordHeader) throws(StoreError) -> [UInt8]? {
    do throws(StoreError) {
      return try reader.withBody(Slice(position: 0, byteCount: header.bodyByteCount)) { Array($0) }
    } catch {
      guard case .corrupt = error else { throw error }
      return nil
    }
  }

  /// Moves the spans into the builder one by one.
  ///
  /// - Returns: how many could not be read.
  private mutating func takeSpans(_ numbers: [UInt32]) throws(StoreError) -> Int {
    envelopes.reset()
    let (spans, unknownCount) = try spansInOrder(numbers)
    var lostCount = unknownCount
    var begun: (resource: UInt32, scope: UInt32)?
    for span in spans {
      do throws(StoreError) {
        if span.scope != envelopes.scopeNumber { try envelopes.load(scope: span.scope, from: &reader) }
        let bytes = try reader.withBody(span.slice) { Array($0) }
        begin(&begun, scope: span.scope)
        bytes.withUnsafeBytes { builder.add(span: $0) }
      } catch {
        guard case .corrupt = error else { throw error }
        lostCount += 1
      }
    }
    return lostCount
  }

  private mutating func begin(_ begun: inout (resource: UInt32, scope: UInt32)?, scope: UInt32) {
    guard let resource = envelopes.resourceNumber else { preconditionFailure("no envelope was read") }
    if begun?.resource != resource {
      builder.begin(resource: envelopes.resource, scope: envelopes.scope)
    } else if begun?.scope != scope {
      builder.begin(scope: envelopes.scope)
    }
    begun = (resource, scope)
  }

  /// The directory has them by trace.
  private mutating func spansInOrder(_ numbers: [UInt32]) throws(StoreError) -> (
    [DirectorySpan], lostCount: Int
  ) {
    var spans: [DirectorySpan] = []
    var lostCount = 0
    for number in numbers {
      do throws(StoreError) { spans.append(try reader.span(number)) } catch {
        guard case .corrupt = error else { throw error }
        lostCount += 1
      }
    }
    spans.sort { $0.slice.position < $1.slice.position }
    return (spans, lostCount)
  }
}
