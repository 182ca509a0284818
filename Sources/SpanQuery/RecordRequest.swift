internal import SpanEngine
internal import SpanModel
internal import SpanWire

/// Puts together what was accepted of the request in a record.
///
/// Spans that were refused stay out, for which the record's directory is asked and not the rules of today.
struct RecordRequest {
  private var reader = RecordReader()
  private var envelopes = RecordEnvelopes()
  private var builder = TracesDataBuilder()

  /// - Returns: `nil` for a record that is no request.
  mutating func read(_ segment: Segment, at position: UInt64) throws(StoreError) -> ArrivedRequest? {
    try reader.open(segment, at: position)
    guard let header = reader.header, header.kind == .request else { return nil }
    if header.rejectedSpanCount == 0, let body = try wholeBody(header) {
      return ArrivedRequest(
        sequence: header.sequence, arrival: header.arrival, bytes: body, spanCount: Int(header.counts.spans))
    }
    let lostSpanCount = try takeSpans(header)
    let spanCount = builder.spanCount
    return ArrivedRequest(
      sequence: header.sequence, arrival: header.arrival, bytes: builder.finish(), spanCount: spanCount,
      lostSpanCount: lostSpanCount)
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
  private mutating func takeSpans(_ header: RecordHeader) throws(StoreError) -> Int {
    envelopes.reset()
    let (spans, unknownCount) = try spansInOrder(count: header.counts.spans)
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
  private mutating func spansInOrder(count: UInt32) throws(StoreError) -> ([DirectorySpan], lostCount: Int) {
    var spans: [DirectorySpan] = []
    var lostCount = 0
    for number in 0..<count {
      do throws(StoreError) { spans.append(try reader.span(number)) } catch {
        guard case .corrupt = error else { throw error }
        lostCount += 1
      }
    }
    spans.sort { $0.slice.position < $1.slice.position }
    return (spans, lostCount)
  }
}
