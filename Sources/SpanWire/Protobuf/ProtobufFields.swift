/// The values of one field of a message in order of arrival, up to where it stops being protobuf.
package struct ProtobufFields: Sequence, IteratorProtocol {
  private var cursor: ProtobufCursor
  private let tag: ProtobufTag

  /// - Parameters:
  ///   - message: must outlive what is returned.
  ///   - tag: of a field of bytes.
  package init(_ message: UnsafeRawBufferPointer, _ tag: ProtobufTag) {
    cursor = ProtobufCursor(message)
    self.tag = tag
  }

  package mutating func next() -> UnsafeRawBufferPointer? {
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
  package var last: UnsafeRawBufferPointer? { reduce(nil) { $1 } }
}
