import SpanWire

/// Finds the attribute `service.name` of a resource.
package enum ServiceName {
  private static let resource = ProtobufTag(1, .bytes)
  private static let attribute = ProtobufTag(1, .bytes)
  private static let key = ProtobufTag(1, .bytes)
  private static let value = ProtobufTag(2, .bytes)
  private static let stringValue = ProtobufTag(1, .bytes)

  /// - Parameter fields: fields of a `ResourceSpans`, `resource` perhaps among them.
  /// - Returns: `nil` when there is none, or when the bytes before it are no protobuf.
  package static func find(inResourceSpans fields: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    for resource in Fields(fields, resource) {
      for attribute in Fields(resource, attribute) {
        guard Fields(attribute, key).last.map(isServiceName) == true,
          let value = Fields(attribute, value).last
        else { continue }
        return Fields(value, stringValue).last
      }
    }
    return nil
  }

  private static func isServiceName(_ key: UnsafeRawBufferPointer) -> Bool {
    key.elementsEqual("service.name".utf8)
  }
}

/// The values of one field of a message in order of arrival, up to where it stops being protobuf.
private struct Fields: Sequence, IteratorProtocol {
  private var cursor: ProtobufCursor
  private let tag: ProtobufTag

  init(_ message: UnsafeRawBufferPointer, _ tag: ProtobufTag) {
    cursor = ProtobufCursor(message)
    self.tag = tag
  }

  mutating func next() -> UnsafeRawBufferPointer? {
    do throws(WireError) {
      while !cursor.isAtEnd {
        let found = try cursor.readTag()
        if found == tag { return try cursor.readBytes() }
        try cursor.skipValue(of: found)
      }
    } catch {
      cursor = ProtobufCursor(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return nil
  }

  /// The one that counts when a field came more than once.
  var last: UnsafeRawBufferPointer? { reduce(nil) { $1 } }
}
