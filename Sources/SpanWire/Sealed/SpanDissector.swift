internal import SpanModel

/// Takes spans apart into pieces; its memory is used again from span to span.
///
/// What is not written as nearly every encoder writes it stays whole in a literal or a text: a span is never
/// understood halfway, and what cannot be understood is kept as it is.
struct SpanDissector {
  private(set) var pieces = PlainArray<SpanPiece>(capacity: 64)
  private(set) var traceID = TraceID.zero
  private var spanID: UInt64 = 0
  private var parentID: UInt64 = 0
  private var start: UInt64 = 0
  private var end: UInt64 = 0
  private var seen: UInt32 = 0
  private(set) var literalStart = UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
  /// Where the pieces up to now end.
  private var literalEnd = UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped

  func deallocate() { pieces.deallocate() }

  @inline(__always)
  var keys: SpanKeys {
    SpanKeys(
      spanID: spanID, parentID: parentID, start: start, end: seen & 16 == 0 && end == 0 ? start : end)
  }

  /// Takes `span` apart, an OTLP `Span` message of less than 4 GiB.
  ///
  /// - Returns: whether it could be; else it is one piece.
  mutating func dissect(_ span: UnsafeRawBufferPointer) -> Bool {
    pieces.removeAll()
    seen = 0
    (traceID, spanID, parentID, start, end) = (.zero, 0, 0, 0, 0)
    var cursor = ProtobufCursor(span)
    literalStart = cursor.current
    literalEnd = cursor.current
    do throws(WireError) {
      while !cursor.isAtEnd { try readField(&cursor) }
      // A field that comes twice has two values in one place, and a span without ids has no place.
      if seen & Self.idsSeen == Self.idsSeen, seen & Self.repeated == 0 {
        endLiteral(at: cursor.end)
        return true
      }
    } catch {}
    readKeys(of: span)
    pieces.removeAll()
    pieces.append(
      SpanPiece(.whole, tag: 0, text: Slice(position: 0, byteCount: UInt32(truncatingIfNeeded: span.count))))
    return false
  }

  /// The fields by which a span is found, however it is written.
  private mutating func readKeys(of span: UnsafeRawBufferPointer) {
    var fields = SpanFields()
    do throws(WireError) { try fields.read(ProtobufCursor(span)) } catch { return }
    (spanID, parentID, start, end) = (fields.spanID, fields.parentID, fields.start, fields.end)
  }

  private static let idsSeen: UInt32 = 3
  private static let repeated: UInt32 = 1 << 31

  @inline(__always)
  private mutating func note(_ bit: UInt32) {
    if seen & (1 &<< bit) != 0 { seen |= Self.repeated }
    seen |= 1 &<< bit
  }

  @inline(__always)
  private mutating func readField(_ cursor: inout ProtobufCursor) throws(WireError) {
    let tag = try cursor.readTag()
    switch tag {
    case OTLPTag.spanAttribute: try readAttribute(&cursor, tag: 0x4a)
    case OTLPTag.spanTraceID: try readID(&cursor, .traceID)
    case OTLPTag.spanID: try readID(&cursor, .spanID)
    case OTLPTag.spanParentID: try readID(&cursor, .parentID)
    case OTLPTag.spanStart: try readTime(&cursor, .start)
    case OTLPTag.spanEnd: try readTime(&cursor, .end)
    case OTLPTag.spanEvent: try readNested(&cursor, attributeTag: 0x1a)
    case OTLPTag.spanLink: try readNested(&cursor, attributeTag: 0x22)
    case OTLPTag.spanStatus: try readNested(&cursor, attributeTag: 0)
    default: try readOther(tag, &cursor)
    }
  }

  // MARK: Literals

  /// Everything up to `position` that is in no piece is a literal.
  @inline(__always)
  private mutating func endLiteral(at position: UnsafeRawPointer) {
    guard position > literalEnd else { return }
    pieces.append(
      SpanPiece(
        .literal, constant: Slice(from: literalEnd, byteCount: position - literalEnd, origin: literalStart)))
    literalEnd = position
  }

  /// Puts in a piece for the bytes from `position`, where the last literal ends, to `end`.
  @inline(__always)
  mutating func add(_ piece: SpanPiece, from position: UnsafeRawPointer, to end: UnsafeRawPointer) {
    endLiteral(at: position)
    pieces.append(piece)
    literalEnd = end
  }

  // MARK: Fields

  @inline(__always)
  private mutating func readID(_ cursor: inout ProtobufCursor, _ kind: SpanPiece.Kind) throws(WireError) {
    let lengthStart = cursor.current
    let bytes = try cursor.readBytes()
    let isUsual = cursor.current - bytes.count - lengthStart == 1
    switch kind {
    case .traceID: note(0)
    case .spanID: note(1)
    default: note(2)
    }
    let needed = kind == .traceID ? TraceID.byteCount : SpanID.byteCount
    // An id of another length, or whose length is written in two bytes, is part of a literal: rare enough.
    guard isUsual, bytes.count == needed else {
      if kind != .parentID { seen |= Self.repeated }
      return
    }
    // SAFETY: there are 8 bytes at least.
    let address = bytes.baseAddress.unsafelyUnwrapped
    if kind == .traceID { traceID = TraceID(high: address.bigEndian(at: 0), low: address.bigEndian(at: 8)) }
    if kind == .spanID { spanID = address.bigEndian(at: 0) }
    if kind == .parentID { parentID = address.bigEndian(at: 0) }
    add(SpanPiece(kind), from: address, to: cursor.current)
  }

  @inline(__always)
  private mutating func readTime(_ cursor: inout ProtobufCursor, _ kind: SpanPiece.Kind) throws(WireError) {
    let position = cursor.current
    let time = try cursor.readFixed64()
    if kind == .start {
      note(3)
      start = time
    } else {
      note(4)
      end = time
    }
    add(SpanPiece(kind), from: position, to: cursor.current)
  }

  /// A field of which nothing is known: its bytes are a text, any other value part of a literal.
  private mutating func readOther(_ tag: ProtobufTag, _ cursor: inout ProtobufCursor) throws(WireError) {
    guard tag.wireType == .bytes else { return try cursor.skipValue(of: tag, depth: OTLPTag.spanDepth) }
    if tag == OTLPTag.spanName { note(5) }
    try readText(&cursor)
  }

  /// The tag was read.
  mutating func readText(_ cursor: inout ProtobufCursor) throws(WireError) {
    let tag = (cursor.current - 1).load(as: UInt8.self)
    let lengthStart = cursor.current
    let bytes = try cursor.readBytes()
    let textStart = cursor.current - bytes.count
    guard textStart - lengthStart == ProtobufWriter.varintByteCount(of: UInt64(bytes.count)) else { return }
    let text = Slice(from: textStart, byteCount: bytes.count, origin: literalStart)
    add(SpanPiece(.text, tag: tag, text: text), from: lengthStart, to: cursor.current)
  }

  /// An event, a link or a status: taken apart when it is written as usual, else a text.
  private mutating func readNested(_ cursor: inout ProtobufCursor, attributeTag: UInt8) throws(WireError) {
    let lengthStart = cursor.current
    var message = try cursor.readMessage()
    let byteCount = message.byteCountLeft
    guard message.current - lengthStart == ProtobufWriter.varintByteCount(of: UInt64(byteCount)) else {
      return
    }
    let piecesBefore = pieces.count
    let literalEndBefore = literalEnd
    add(SpanPiece(.open), from: lengthStart, to: message.current)
    do throws(WireError) {
      while !message.isAtEnd { try readNestedField(&message, attributeTag: attributeTag) }
      endLiteral(at: message.end)
      pieces.append(SpanPiece(.close))
    } catch {
      pieces.removeLast(pieces.count - piecesBefore)
      literalEnd = literalEndBefore
      cursor.current = lengthStart
      try readText(&cursor)
    }
  }

  private mutating func readNestedField(_ message: inout ProtobufCursor, attributeTag: UInt8)
    throws(WireError)
  {
    let tag = try message.readTag()
    switch tag.wireType {
    case .bytes where tag.rawValue == UInt32(attributeTag): try readAttribute(&message, tag: attributeTag)
    case .bytes: try readText(&message)
    case .fixed64:
      let position = message.current
      let time = try message.readFixed64()
      let tagByte = (position - 1).load(as: UInt8.self)
      add(SpanPiece(.time, tag: tagByte, value: time), from: position, to: message.current)
    default: try message.skipValue(of: tag, depth: OTLPTag.spanDepth + 1)
    }
  }
}
