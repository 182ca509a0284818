import SpanWire

/// Messages one behind the other, each after its length as a varint: what protobuf's libraries call
/// delimited, and the form that `spanlog import` reads.
package enum LengthDelimited {
  /// What stands in front of a message of `byteCount` bytes.
  package static func header(byteCount: Int) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.writeVarint(UInt64(byteCount))
    return writer.bytes
  }
}
