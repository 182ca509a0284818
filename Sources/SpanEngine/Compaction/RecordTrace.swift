internal import SpanModel
internal import SpanWire

/// The spans of one trace in one record of a log segment, with their envelopes, one after the other.
struct RecordTrace {
  private var reader = RecordReader()
  private var spans: Range<UInt32> = 0..<0

  /// Goes to the record at `place`.
  ///
  /// - Returns: its header, or `nil` when it is of another trace with the same tag.
  mutating func open(_ segment: Segment, _ place: TraceIndex.Place, _ traceID: TraceID) throws(StoreError)
    -> RecordHeader?
  {
    spans = 0..<0
    try reader.open(segment, at: place.record)
    let trace = try reader.trace(place.trace)
    guard trace.traceID == traceID else { return nil }
    spans = trace.firstSpan..<trace.firstSpan + trace.spanCount
    return reader.header
  }

  /// Hands the next span to `use`, whose bytes last for the call.
  ///
  /// - Returns: `nil` at the end.
  mutating func next<Value>(
    _ use: (_ span: UnsafeRawBufferPointer, _ resource: [UInt8], _ scope: [UInt8]) -> Value
  ) throws(StoreError) -> Value? {
    guard let number = spans.first else { return nil }
    spans = spans.dropFirst()
    let span = try reader.span(number)
    let scope = try reader.scope(span.scope)
    let resource = try reader.resource(scope.resource)
    let resourceBytes = try envelope(resource.firstPiece, resource.pieceCount)
    let scopeBytes = try envelope(scope.firstPiece, scope.pieceCount)
    return try reader.withBody(span.slice) { use($0, resourceBytes, scopeBytes) }
  }

  private mutating func envelope(_ first: UInt32, _ count: UInt32) throws(StoreError) -> [UInt8] {
    var bytes: [UInt8] = []
    for offset in 0..<count { try reader.appendBody(try reader.piece(first &+ offset), to: &bytes) }
    return bytes
  }
}
