/// Lets a stream send more. Not answered.
///
///     uint32 request_id = 1;  uint64 bytes = 2;
package struct CreditRequest: RPCBody {
  /// The stream's request id.
  package var requestID: UInt32 = 0
  /// Bytes of bodies that the client takes beyond what it took so far.
  package var byteCount: UInt64 = 0

  package init() {}

  package init(requestID: UInt32, byteCount: UInt64) {
    self.requestID = requestID
    self.byteCount = byteCount
  }

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .varint): requestID = UInt32(truncatingIfNeeded: try cursor.readVarint())
    case (2, .varint): byteCount = try cursor.readVarint()
    default: return false
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    writer.writeNonzero(UInt64(requestID), field: 1)
    writer.writeNonzero(byteCount, field: 2)
  }
}

/// Ends a stream. Not answered itself: the stream ends with an error answer, code `CANCELLED`.
///
///     uint32 request_id = 1;
package struct CancelRequest: RPCBody {
  package var requestID: UInt32 = 0

  package init() {}

  package init(requestID: UInt32) { self.requestID = requestID }

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    guard (tag.number, tag.wireType) == (1, .varint) else { return false }
    requestID = UInt32(truncatingIfNeeded: try cursor.readVarint())
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    writer.writeNonzero(UInt64(requestID), field: 1)
  }
}
