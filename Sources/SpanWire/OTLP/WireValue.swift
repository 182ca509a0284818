/// What an `AnyValue` message holds, as far as it can be compared.
package enum WireValue {
  case nothing
  /// Not checked to be UTF-8.
  case string(UnsafeRawBufferPointer)
  case bool(Bool)
  case int(Int64)
  case double(Double)
  /// An array, a list of keys and values, or bytes.
  case other

  /// The value of an attribute: a `KeyValue` message. A value that comes in pieces is merged.
  package init(ofAttribute attribute: UnsafeRawBufferPointer) {
    self = .nothing
    for value in ProtobufFields(attribute, OTLPTag.attributeValue) { merge(value) }
  }

  /// The value that an `AnyValue` message is.
  init(of value: UnsafeRawBufferPointer) {
    self = .nothing
    merge(value)
  }

  /// Takes over what `value` sets, up to where it stops being protobuf; of several the last counts.
  private mutating func merge(_ value: UnsafeRawBufferPointer) {
    do throws(WireError) {
      var cursor = ProtobufCursor(value)
      while !cursor.isAtEnd { try readField(&cursor) }
    } catch {}
  }

  private mutating func readField(_ cursor: inout ProtobufCursor) throws(WireError) {
    let tag = try cursor.readTag()
    switch tag {
    case OTLPTag.stringValue: self = .string(try cursor.readBytes())
    case OTLPTag.boolValue: self = .bool(try cursor.readVarint() != 0)
    case OTLPTag.intValue: self = .int(Int64(bitPattern: try cursor.readVarint()))
    case OTLPTag.doubleValue: self = .double(Double(bitPattern: try cursor.readFixed64()))
    case OTLPTag.arrayValue, OTLPTag.listValue, OTLPTag.bytesValue, OTLPTag.stringIndexValue:
      try cursor.skipValue(of: tag)
      self = .other
    default: try cursor.skipValue(of: tag)
    }
  }
}
