/// The tags of the fields that the scanner looks at, as OTLP's `trace_service.proto` and `trace.proto` number
/// them. Any other number or wire type is a field to be kept and not understood.
enum OTLPTag {
  static let requestResourceSpans = ProtobufTag(1, .bytes)
  static let resourceSpansScopeSpans = ProtobufTag(2, .bytes)
  static let scopeSpansSpan = ProtobufTag(2, .bytes)

  static let spanTraceID = ProtobufTag(1, .bytes)
  static let spanID = ProtobufTag(2, .bytes)
  static let spanParentID = ProtobufTag(4, .bytes)
  static let spanName = ProtobufTag(5, .bytes)
  static let spanKind = ProtobufTag(6, .varint)
  static let spanStart = ProtobufTag(7, .fixed64)
  static let spanEnd = ProtobufTag(8, .fixed64)
  static let spanAttribute = ProtobufTag(9, .bytes)
  static let spanEvent = ProtobufTag(11, .bytes)
  static let spanLink = ProtobufTag(13, .bytes)
  static let spanStatus = ProtobufTag(15, .bytes)

  static let statusCode = ProtobufTag(3, .varint)

  /// How many messages a field stands in, for the limit on nesting.
  static let requestDepth = 1
  static let resourceSpansDepth = 2
  static let scopeSpansDepth = 3
  static let spanDepth = 4
  static let statusDepth = 5
}
