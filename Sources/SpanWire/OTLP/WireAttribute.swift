/// A `KeyValue` message as it came.
package struct WireAttribute {
  private let bytes: UnsafeRawBufferPointer

  /// - Parameter bytes: must outlive this value.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// What is no protobuf is read up to where it stops being it.
  package var value: WireValue { WireValue(ofAttribute: bytes) }

  /// Its key; a message without one has the empty key.
  package var key: UnsafeRawBufferPointer {
    usualKey ?? ProtobufFields(bytes, OTLPTag.attributeKey).last
      ?? UnsafeRawBufferPointer(start: nil, count: 0)
  }

  package func hasKey(_ asked: String) -> Bool { key.elementsEqual(asked) }

  /// The key as nearly every encoder writes it: `0a`, its length, the key, `12`, a length of one byte, the
  /// value, and no more. It halves the time that a search for a key takes.
  private var usualKey: UnsafeRawBufferPointer? {
    guard bytes.count >= 4, bytes[0] == UInt8(OTLPTag.attributeKey.rawValue), bytes[1] < 0x80 else {
      return nil
    }
    let keyEnd = 2 + Int(bytes[1])
    guard keyEnd + 2 <= bytes.count, bytes[keyEnd] == UInt8(OTLPTag.attributeValue.rawValue),
      bytes[keyEnd + 1] < 0x80, keyEnd + 2 + Int(bytes[keyEnd + 1]) == bytes.count
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[2..<keyEnd])
  }
}
