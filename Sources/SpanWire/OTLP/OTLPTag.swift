/// The tags of the fields that are looked at, as OTLP's `.proto` files number them. Any other number or wire
/// type is a field to be kept and not understood.
package enum OTLPTag {
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
  package static let spanAttribute = ProtobufTag(9, .bytes)
  static let spanEvent = ProtobufTag(11, .bytes)
  package static let spanLink = ProtobufTag(13, .bytes)
  static let spanStatus = ProtobufTag(15, .bytes)

  static let statusCode = ProtobufTag(3, .varint)

  /// In a resource envelope, and in the resource.
  package static let resource = ProtobufTag(1, .bytes)
  package static let resourceAttribute = ProtobufTag(1, .bytes)
  /// In a scope envelope, and in the scope.
  package static let scope = ProtobufTag(1, .bytes)
  package static let scopeAttribute = ProtobufTag(3, .bytes)

  package static let attributeKey = ProtobufTag(1, .bytes)
  package static let attributeValue = ProtobufTag(2, .bytes)

  /// What an `AnyValue` may be; of several the last counts.
  package static let stringValue = ProtobufTag(1, .bytes)
  package static let boolValue = ProtobufTag(2, .varint)
  package static let intValue = ProtobufTag(3, .varint)
  package static let doubleValue = ProtobufTag(4, .fixed64)
  package static let arrayValue = ProtobufTag(5, .bytes)
  package static let listValue = ProtobufTag(6, .bytes)
  package static let bytesValue = ProtobufTag(7, .bytes)
  package static let stringIndexValue = ProtobufTag(8, .varint)

  /// How many messages a field stands in, for the limit on nesting.
  static let requestDepth = 1
  static let resourceSpansDepth = 2
  static let scopeSpansDepth = 3
  static let spanDepth = 4
  static let statusDepth = 5
}
