/// A small protobuf message that is the body of a frame.
///
/// Unknown fields, and known numbers with another wire type, are stepped over; of a field that comes
/// twice the last value holds. Zero and empty values are not written.
package protocol RPCBody: Equatable, Sendable {
  init()
  /// Takes the value of the field whose tag was just read.
  ///
  /// - Returns: `false` when the field is none of this message's; nothing was read then.
  mutating func readValue(of tag: ProtobufTag, from cursor: inout ProtobufCursor) throws(WireError) -> Bool
  func write(to writer: inout ProtobufWriter)
}

extension RPCBody {
  /// Reads a message from all of `bytes`.
  ///
  /// - Throws: `WireError` when they are no protobuf.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
    try self.init(decoding: ProtobufCursor(bytes))
  }

  package init(decoding bytes: [UInt8]) throws(WireError) {
    let result: Result<Self, WireError> = bytes.withUnsafeBytes { bytes in
      do throws(WireError) {
        return .success(try Self(decoding: bytes))
      } catch {
        return .failure(error)
      }
    }
    self = try result.get()
  }

  init(decoding cursor: ProtobufCursor) throws(WireError) {
    self.init()
    var cursor = cursor
    while !cursor.isAtEnd {
      let tag = try cursor.readTag()
      if try !readValue(of: tag, from: &cursor) { try cursor.skipValue(of: tag) }
    }
  }

  package var encoded: [UInt8] {
    var writer = ProtobufWriter()
    write(to: &writer)
    return writer.bytes
  }
}

extension ProtobufCursor {
  /// Reads text; what is no UTF-8 is replaced, because these texts are only ever shown.
  mutating func readText() throws(WireError) -> String {
    String(decoding: try readBytes(), as: UTF8.self)
  }
}

extension ProtobufWriter {
  mutating func writeNonzero(_ value: UInt64, field number: UInt32) {
    if value != 0 { writeUInt64(value, field: number) }
  }

  mutating func writeNonempty(_ text: String, field number: UInt32) {
    if !text.isEmpty { writeString(text, field: number) }
  }
}
