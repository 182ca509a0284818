package import SpanModel

/// Which spans to stream.
///
///     bytes trace_id = 1;  uint64 skip = 2;  uint64 limit = 3;  bool all = 4;
package struct ReadTraceRequest: RPCBody {
  /// As sent; `traceID` tells whether it is one.
  package var traceIDBytes: [UInt8] = []
  /// Spans of the trace to leave out at the front.
  package var skip: UInt64 = 0
  /// Spans to return at most; 0 means all.
  package var limit: UInt64 = 0
  /// Every trace of the store, one after the other in no promised order, each chunk of one trace.
  package var all = false

  package init() {}

  package init(traceID: TraceID, skip: UInt64 = 0, limit: UInt64 = 0) {
    self.traceIDBytes = traceID.bytes
    self.skip = skip
    self.limit = limit
  }

  /// `nil` unless 16 bytes were sent.
  package var traceID: TraceID? { TraceID(bytes: traceIDBytes) }

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .bytes): traceIDBytes = Array(try cursor.readBytes())
    case (2, .varint): skip = try cursor.readVarint()
    case (3, .varint): limit = try cursor.readVarint()
    case (4, .varint): all = try cursor.readVarint() != 0
    default: return false
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    if !traceIDBytes.isEmpty { writer.writeBytes(traceIDBytes, field: 1) }
    writer.writeNonzero(skip, field: 2)
    writer.writeNonzero(limit, field: 3)
    writer.writeNonzero(all ? 1 : 0, field: 4)
  }
}

extension TraceID {
  /// The id in network order.
  var bytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    let words = [bytes[..<8], bytes[8...]].map { half in
      half.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    self.init(high: words[0], low: words[1])
  }
}
