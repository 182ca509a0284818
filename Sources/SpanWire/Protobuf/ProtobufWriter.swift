/// Writes protobuf wire format to the end of an array: for the small messages of our own protocol and
/// for putting kept bytes back into their envelopes.
///
/// Zero and empty values are written as they are told; leaving them out is the caller's choice.
package struct ProtobufWriter: Sendable {
  package var bytes: [UInt8] = []

  package init() {}

  package mutating func writeVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  package mutating func writeTag(_ number: UInt32, _ wireType: ProtobufTag.WireType) {
    writeVarint(UInt64(ProtobufTag(number, wireType).rawValue))
  }

  package mutating func writeUInt64(_ value: UInt64, field number: UInt32) {
    writeTag(number, .varint)
    writeVarint(value)
  }

  package mutating func writeFixed64(_ value: UInt64, field number: UInt32) {
    writeTag(number, .fixed64)
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func writeString(_ text: String, field number: UInt32) {
    writeTag(number, .bytes)
    writeVarint(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  package mutating func writeBytes(_ value: UnsafeRawBufferPointer, field number: UInt32) {
    writeTag(number, .bytes)
    writeVarint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  package mutating func writeBytes(_ value: [UInt8], field number: UInt32) {
    value.withUnsafeBytes { writeBytes($0, field: number) }
  }

  /// How many bytes `value` takes as a varint: 1 to 10.
  package static func varintByteCount(of value: UInt64) -> Int {
    value == 0 ? 1 : (70 - value.leadingZeroBitCount) / 7
  }
}
