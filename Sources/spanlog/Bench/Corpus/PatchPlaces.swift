import SpanModel
import SpanWire

/// Where the ids and times of a request's spans stand in its bytes.
///
/// Times that are zero and parents that are zero mean "none" and are left alone.
struct PatchPlaces {
  /// Of the spans' own trace ids, in order.
  private(set) var traceIDs: [UInt32] = []
  /// Of the trace ids of links.
  private(set) var linkedTraceIDs: [UInt32] = []
  /// Of span ids: their own, their parents', and those of links.
  private(set) var spanIDs: [UInt32] = []
  /// Of starts, ends, and moments of events.
  private(set) var times: [UInt32] = []
  /// The latest end of a span, nanoseconds since 1970.
  private(set) var newest: UInt64 = 0

  /// - Throws: when the bytes are no `ExportTraceServiceRequest`.
  init(_ request: UnsafeRawBufferPointer) throws(WireError) {
    var batch = SpanBatch()
    try batch.scan(request)
    for span in batch.spans {
      let start = Int(span.slice.position)
      let bytes = UnsafeRawBufferPointer(rebasing: request[start..<start + Int(span.slice.byteCount)])
      newest = max(newest, span.end.nanoseconds)
      var cursor = ProtobufCursor(bytes)
      while !cursor.isAtEnd { try read(&cursor, from: start) }
    }
  }

  var spanCount: Int { traceIDs.count }

  /// OTLP's `Span`: 1 trace id, 2 span id, 4 parent's id, 7 start, 8 end, 11 event, 13 link.
  private mutating func read(_ cursor: inout ProtobufCursor, from start: Int) throws(WireError) {
    let tag = try cursor.readTag()
    switch (tag.number, tag.wireType) {
    case (1, .bytes): note(try cursor.readBytes(), TraceID.byteCount, start + cursor.position, &traceIDs)
    case (2, .bytes), (4, .bytes):
      note(try cursor.readBytes(), SpanID.byteCount, start + cursor.position, &spanIDs)
    case (7, .fixed64), (8, .fixed64): try noteTime(&cursor, from: start)
    case (11, .bytes):
      var event = try cursor.readMessage()
      while !event.isAtEnd { try readEvent(&event, from: start) }
    case (13, .bytes):
      var link = try cursor.readMessage()
      while !link.isAtEnd { try readLink(&link, from: start) }
    default: try cursor.skipValue(of: tag)
    }
  }

  /// OTLP's `Event`: 1 time.
  private mutating func readEvent(_ cursor: inout ProtobufCursor, from start: Int) throws(WireError) {
    let tag = try cursor.readTag()
    if (tag.number, tag.wireType) == (1, .fixed64) { return try noteTime(&cursor, from: start) }
    try cursor.skipValue(of: tag)
  }

  /// OTLP's `Link`: 1 trace id, 2 span id.
  private mutating func readLink(_ cursor: inout ProtobufCursor, from start: Int) throws(WireError) {
    let tag = try cursor.readTag()
    switch (tag.number, tag.wireType) {
    case (1, .bytes):
      note(try cursor.readBytes(), TraceID.byteCount, start + cursor.position, &linkedTraceIDs)
    case (2, .bytes): note(try cursor.readBytes(), SpanID.byteCount, start + cursor.position, &spanIDs)
    default: try cursor.skipValue(of: tag)
    }
  }

  private mutating func noteTime(_ cursor: inout ProtobufCursor, from start: Int) throws(WireError) {
    if try cursor.readFixed64() != 0 { times.append(UInt32(start + cursor.position - 8)) }
  }

  /// - Parameter end: where the cursor stands behind the id.
  private func note(_ id: UnsafeRawBufferPointer, _ byteCount: Int, _ end: Int, _ places: inout [UInt32]) {
    guard id.count == byteCount, id.contains(where: { $0 != 0 }) else { return }
    places.append(UInt32(end - byteCount))
  }
}
