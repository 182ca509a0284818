/// What the values of a column are: where in a span they stand.
///
/// As bytes, which is how a segment lists its columns:
///
///     ┌───────────┬──────────────┬────────┬─────────────┬─ ─ ─ ─ ─
///     │ kind u8   │ message u8   │ tag u8 │ value       │ key of an
///     │           │              │        │ tag u8      │ attribute
///     └───────────┴──────────────┴────────┴─────────────┴─ ─ ─ ─ ─
package struct ColumnKey: Hashable, Sendable {
  /// The message in which the value stands.
  package enum Message: UInt8, Sendable { case span, event, link, status, other }

  package let kind: UInt8
  package let message: Message
  package let tag: UInt8
  package let valueTag: UInt8
  package let key: [UInt8]

  static let byteCountMin = 4

  init(_ piece: SpanPiece, in message: Message, key: [UInt8]) {
    kind = piece.kind.rawValue
    self.message = message
    tag = piece.tag
    valueTag = piece.valueTag
    self.key = key
  }

  var bytes: [UInt8] { [kind, message.rawValue, tag, valueTag] + key }

  init(decoding bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard bytes.count >= Self.byteCountMin, bytes.count < Self.byteCountMin + SpanTemplate.keyByteCountMax,
      let kind = SpanPiece.Kind(rawValue: bytes[0]),
      kind.isText || kind.isNumber, let message = Message(rawValue: bytes[1])
    else { throw .field("column") }
    self.kind = kind.rawValue
    self.message = message
    tag = bytes[2]
    valueTag = bytes[3]
    key = [UInt8](bytes.dropFirst(Self.byteCountMin))
  }

  /// Whether its values are texts; else they are numbers.
  var isText: Bool { SpanPiece.Kind(rawValue: kind)?.isText ?? false }

  /// Whether its numbers are times, which are kept as their distance from the span's start.
  var isTime: Bool { kind == SpanPiece.Kind.time.rawValue }

  /// Whether its numbers are small ones of either sign.
  var isVarint: Bool { kind == SpanPiece.Kind.attributeVarint.rawValue }

  /// Whether it holds the names of spans.
  package var isName: Bool { kind == SpanPiece.Kind.text.rawValue && message == .span && tag == 0x2a }

  /// Whether it holds an attribute of spans themselves.
  package var isSpanAttribute: Bool { tag == 0x4a && message == .span }
}
