internal import SpanModel
internal import SpanWire

/// A span as it came: the bytes of its message and of its two envelopes, which must outlive this value.
///
/// Any bytes will do. What is no protobuf is read up to where it stops being it.
package struct WireSpan {
  private let span: UnsafeRawBufferPointer
  private let resource: UnsafeRawBufferPointer
  private let scope: UnsafeRawBufferPointer
  private let fields: SpanFields

  /// - Parameters:
  ///   - span: a `Span` message.
  ///   - resource: the fields of a `ResourceSpans` without its scope spans, in one piece.
  ///   - scope: the fields of a `ScopeSpans` without its spans, in one piece.
  package init(
    span: UnsafeRawBufferPointer, resource: UnsafeRawBufferPointer, scope: UnsafeRawBufferPointer
  ) {
    self.span = span
    self.resource = resource
    self.scope = scope
    var fields = SpanFields()
    do throws(WireError) { try fields.read(ProtobufCursor(span)) } catch {}
    self.fields = fields
  }

  var bytes: UnsafeRawBufferPointer { span }
  var spanID: UInt64 { fields.spanID }
  var parentID: UInt64 { fields.parentID }
  var start: UInt64 { fields.start }
  var end: UInt64 { fields.end }

  /// Zero when the id is not 16 bytes long.
  var traceID: TraceID {
    guard fields.traceIDByteCount == TraceID.byteCount else { return .zero }
    return TraceID(high: fields.traceHigh, low: fields.traceLow)
  }

  var durationNanoseconds: UInt64 { fields.end > fields.start ? fields.end - fields.start : 0 }

  var isError: Bool { fields.isError }

  var kind: Int32 { fields.kind }

  var name: UnsafeRawBufferPointer { fields.name(in: span) }

  /// Whether an attribute at one of these places has this key and a value that is wanted.
  func hasAttribute(_ places: AttributePlaces, key: String, isWanted: (WireAttribute) -> Bool) -> Bool {
    func isMatch(_ bytes: UnsafeRawBufferPointer) -> Bool {
      let attribute = WireAttribute(bytes)
      return attribute.hasKey(key) && isWanted(attribute)
    }
    if places.contains(.span), ProtobufFields(span, OTLPTag.spanAttribute).contains(where: isMatch) {
      return true
    }
    // A message that comes in pieces has the attributes of all of them.
    if places.contains(.resource) {
      for piece in ProtobufFields(resource, OTLPTag.resource)
      where ProtobufFields(piece, OTLPTag.resourceAttribute).contains(where: isMatch) { return true }
    }
    if places.contains(.scope) {
      for piece in ProtobufFields(scope, OTLPTag.scope)
      where ProtobufFields(piece, OTLPTag.scopeAttribute).contains(where: isMatch) { return true }
    }
    return false
  }
}
