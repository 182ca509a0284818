/// The answer to an append: OTLP's `ExportTraceServiceResponse`, empty when every span was accepted.
///
///     partial_success = 1 { int64 rejected_spans = 1;  string error_message = 2; }
///
/// Format: opentelemetry-proto `collector/trace/v1/trace_service.proto`.
package struct AppendAnswerBody: RPCBody {
  package var rejectedSpanCount: UInt64 = 0
  package var message = ""

  package init() {}

  package init(rejectedSpanCount: UInt64, message: String) {
    self.rejectedSpanCount = rejectedSpanCount
    self.message = message
  }

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    guard (tag.number, tag.wireType) == (1, .bytes) else { return false }
    var partial = try cursor.readMessage()
    while !partial.isAtEnd {
      let tag = try partial.readTag()
      switch (tag.number, tag.wireType) {
      case (1, .varint): rejectedSpanCount = try partial.readVarint()
      case (2, .bytes): message = try partial.readText()
      default: try partial.skipValue(of: tag)
      }
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    guard rejectedSpanCount != 0 || !message.isEmpty else { return }
    var partial = ProtobufWriter()
    partial.writeNonzero(rejectedSpanCount, field: 1)
    partial.writeNonempty(message, field: 2)
    writer.writeBytes(partial.bytes, field: 1)
  }
}
