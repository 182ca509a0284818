import SpanWire

/// What one message holds of the fields that are known, in order of arrival.
struct FieldValues {
  struct Value {
    /// Number of the field in its message's table.
    var field: Int
    /// A number as it stood on the wire; zero for bytes.
    var number: UInt64
    /// Empty for a number.
    var bytes: UnsafeRawBufferPointer
  }

  private(set) var values: [Value] = []

  /// Takes the place of what was read before.
  ///
  /// - Parameter parts: the message's bytes; several, when a field that may come once came several times:
  ///   then protobuf merges them, which is to read one behind the other.
  /// - Returns: whether the bytes were protobuf to their end; if not, what stood before is there.
  mutating func read(_ parts: MessageParts, fields: [OTLPField]) -> Bool {
    values.removeAll(keepingCapacity: true)
    var isWhole = true
    for index in 0..<parts.count {
      do throws(WireError) {
        var cursor = ProtobufCursor(parts[index])
        while !cursor.isAtEnd { try readField(&cursor, fields) }
      } catch {
        isWhole = false
      }
    }
    return isWhole
  }

  private mutating func readField(_ cursor: inout ProtobufCursor, _ fields: [OTLPField]) throws(WireError) {
    let tag = try cursor.readTag()
    guard let field = fields.firstIndex(where: { $0.tag == tag }) else {
      try cursor.skipValue(of: tag, depth: 1)
      return
    }
    if fields[field].isChoice, let last = values.last, last.field != field {
      values.removeAll(keepingCapacity: true)
    }
    values.append(try Self.readValue(&cursor, tag, field: field))
  }

  private static func readValue(
    _ cursor: inout ProtobufCursor, _ tag: ProtobufTag, field: Int
  ) throws(WireError) -> Value {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    return switch tag.wireType {
    case .varint: Value(field: field, number: try cursor.readVarint(), bytes: none)
    case .fixed32: Value(field: field, number: UInt64(try cursor.readFixed32()), bytes: none)
    case .fixed64: Value(field: field, number: try cursor.readFixed64(), bytes: none)
    default: Value(field: field, number: 0, bytes: try cursor.readBytes())
    }
  }
}

/// The bytes of one message, in most cases in one piece.
struct MessageParts {
  private let first: UnsafeRawBufferPointer
  private var others: [UnsafeRawBufferPointer] = []

  init(_ first: UnsafeRawBufferPointer) { self.first = first }

  var count: Int { others.count + 1 }

  subscript(index: Int) -> UnsafeRawBufferPointer { index == 0 ? first : others[index - 1] }

  mutating func append(_ part: UnsafeRawBufferPointer) { others.append(part) }
}
