/// A part of a span's bytes: either what spans of one kind have in common, or a place where they differ.
///
/// The pieces of a span, one behind the other, are the span: nothing is left out, and each piece can be made
/// again from its constant part and its value. Lengths that follow from what they count are part of no piece.
struct SpanPiece {
  enum Kind: UInt8 {
    /// Bytes as they are.
    case literal
    /// 16 bytes of the trace's id; 8 of the span's and of the parent's; start and end.
    case traceID, spanID, parentID, start, end
    /// A byte count and as many bytes.
    case text
    /// 8 bytes: a time within the span.
    case time
    /// An attribute, its key being constant, whose value is a string.
    case attributeText
    /// … a number or a truth value.
    case attributeVarint
    /// … a floating-point number.
    case attributeFixed64
    /// … anything else: the bytes of its `AnyValue`.
    case attributeValue
    /// A byte count that is that of all pieces up to the matching `close`.
    case open, close
    /// All of a span of which no more is said.
    case whole

    var isAttribute: Bool { self >= .attributeText && self <= .attributeValue }
    var isText: Bool { self == .text || self == .attributeText || self == .attributeValue || self == .whole }
    var isNumber: Bool { self == .time || self == .attributeVarint || self == .attributeFixed64 }
  }

  let kind: Kind
  /// Of an attribute: the tag in front of it. Of a text or time: the last byte of the tag in front of it.
  let tag: UInt8
  /// Of an attribute with a varint: the tag in front of that, which tells numbers from truth values.
  let valueTag: UInt8
  /// The constant part: the literal itself, or the key of an attribute.
  let constant: Slice
  /// The value: the bytes of a text, or a number.
  let value: UInt64

  @inline(__always)
  init(
    _ kind: Kind, tag: UInt8 = 0, valueTag: UInt8 = 0, constant: Slice = Slice(position: 0, byteCount: 0),
    value: UInt64 = 0
  ) {
    self.kind = kind
    self.tag = tag
    self.valueTag = valueTag
    self.constant = constant
    self.value = value
  }

  @inline(__always)
  init(
    _ kind: Kind, tag: UInt8, valueTag: UInt8 = 0, constant: Slice = Slice(position: 0, byteCount: 0),
    text: Slice
  ) {
    self.init(
      kind, tag: tag, valueTag: valueTag, constant: constant,
      value: UInt64(text.position) &<< 32 | UInt64(text.byteCount))
  }

  /// Where in the span the bytes of the value are.
  @inline(__always)
  var text: Slice {
    Slice(
      position: UInt32(truncatingIfNeeded: value &>> 32), byteCount: UInt32(truncatingIfNeeded: value))
  }
}

extension SpanPiece.Kind: Comparable {
  static func < (left: SpanPiece.Kind, right: SpanPiece.Kind) -> Bool { left.rawValue < right.rawValue }
}
