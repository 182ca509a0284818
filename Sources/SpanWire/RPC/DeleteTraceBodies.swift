package import SpanModel

/// Which trace to delete.
///
///     bytes trace_id = 1;
package struct DeleteTraceRequest: RPCBody {
  /// As sent; `traceID` tells whether it is one.
  package var traceIDBytes: [UInt8] = []

  package init() {}

  package init(traceID: TraceID) { traceIDBytes = traceID.bytes }

  /// `nil` unless 16 bytes were sent.
  package var traceID: TraceID? { TraceID(bytes: traceIDBytes) }

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    guard (tag.number, tag.wireType) == (1, .bytes) else { return false }
    traceIDBytes = Array(try cursor.readBytes())
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    if !traceIDBytes.isEmpty { writer.writeBytes(traceIDBytes, field: 1) }
  }
}

/// What a deletion hid.
///
///     uint64 spans_hidden = 1;
package struct DeleteTraceAnswer: RPCBody {
  package var hiddenSpanCount: UInt64 = 0

  package init() {}

  package init(hiddenSpanCount: UInt64) { self.hiddenSpanCount = hiddenSpanCount }

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    guard (tag.number, tag.wireType) == (1, .varint) else { return false }
    hiddenSpanCount = try cursor.readVarint()
    return true
  }

  package func write(to writer: inout ProtobufWriter) { writer.writeNonzero(hiddenSpanCount, field: 1) }
}
