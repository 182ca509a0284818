import SpanModel
import SpanWire

/// Where a span's ids and times stand in a request.
struct SpanPlaces {
  var traceID = 0
  var spanID = 0
  var start = 0
  var end = 0
  /// Number of its trace in the request.
  var trace = 0
  /// Where the parent's id stands and which span of the request the parent is; `nil` in a root.
  var parent: (parentID: Int, parent: Int)?

  /// - Parameter request: well-formed, with the parents before their children.
  static func find(in request: UnsafeRawBufferPointer) -> [SpanPlaces] {
    var batch = SpanBatch()
    guard (try? batch.scan(request)) != nil else { return [] }
    var traces: [TraceID: Int] = [:]
    var spans: [SpanID: Int] = [:]
    return batch.spans.enumerated().map { index, entry in
      let number = traces[entry.traceID] ?? traces.count
      traces[entry.traceID] = number
      spans[entry.spanID] = index
      let start = Int(entry.slice.position)
      let message = request[start..<start + Int(entry.slice.byteCount)]
      var places = SpanPlaces()
      places.trace = number
      places.read(UnsafeRawBufferPointer(rebasing: message), from: start, parent: spans[entry.parentID])
      return places
    }
  }

  /// OTLP's `Span`: 1 trace id, 2 span id, 4 parent's id, 7 start, 8 end.
  private mutating func read(_ span: UnsafeRawBufferPointer, from start: Int, parent: Int?) {
    var cursor = ProtobufCursor(span)
    while !cursor.isAtEnd {
      guard let tag = try? cursor.readTag() else { return }
      // Ids and times end where the cursor stands after them.
      guard (try? cursor.skipValue(of: tag)) != nil else { return }
      switch tag.number {
      case 1: traceID = start + cursor.position - TraceID.byteCount
      case 2: spanID = start + cursor.position - SpanID.byteCount
      case 4: self.parent = parent.map { (start + cursor.position - SpanID.byteCount, $0) }
      case 7: self.start = start + cursor.position - 8
      case 8: end = start + cursor.position - 8
      default: break
      }
    }
  }
}
