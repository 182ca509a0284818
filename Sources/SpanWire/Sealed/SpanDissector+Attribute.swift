/// Attributes as nearly every encoder writes them: `tag, length, 0a, length, key, 12, length, value`.
extension SpanDissector {
  /// Reads an attribute whose tag was read; one that is written otherwise becomes a text.
  @inline(__always)
  mutating func readAttribute(_ cursor: inout ProtobufCursor, tag: UInt8) throws(WireError) {
    let lengthStart = cursor.current
    let message = try cursor.readBytes()
    let messageStart = cursor.current - message.count
    guard
      messageStart - lengthStart == ProtobufWriter.varintByteCount(of: UInt64(message.count)),
      (lengthStart - 1).load(as: UInt8.self) == tag,
      let piece = Self.attribute(from: messageStart, to: cursor.current, tag: tag, origin: literalStart)
    else {
      cursor.current = lengthStart
      return try readText(&cursor)
    }
    add(piece, from: lengthStart - 1, to: cursor.current)
  }

  /// The piece of the `KeyValue` message between the two, or `nil` when it is not written as usual.
  @inline(__always)
  static func attribute(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer, tag: UInt8, origin: UnsafeRawPointer
  ) -> SpanPiece? {
    // Key tag and length, value tag and length.
    guard end - start >= 4, start.load(as: UInt8.self) == 0x0a else { return nil }
    let keyByteCount = Int((start + 1).load(as: UInt8.self))
    guard keyByteCount < 0x80, end - start >= keyByteCount &+ 4 else { return nil }
    let keyStart = start + 2
    let valueTag = keyStart + keyByteCount
    guard valueTag.load(as: UInt8.self) == 0x12 else { return nil }
    let valueStart: UnsafeRawPointer
    let short = (valueTag + 1).load(as: UInt8.self)
    if short < 0x80 {
      valueStart = valueTag + 2
      guard Int(short) == end - valueStart else { return nil }
    } else {
      guard let found = longLength(at: valueTag + 1, to: end) else { return nil }
      valueStart = found
    }
    let key = Slice(from: keyStart, byteCount: keyByteCount, origin: origin)
    return value(from: valueStart, to: end, tag: tag, key: key, origin: origin)
  }

  /// Where what a length of several bytes counts begins, when it is all up to `end` and written as short as
  /// can be.
  @inline(never)
  private static func longLength(at start: UnsafeRawPointer, to end: UnsafeRawPointer) -> UnsafeRawPointer? {
    var cursor = ProtobufCursor(current: start, end: end, origin: start)
    do throws(WireError) {
      let length = try cursor.readVarint()
      let isShortest = cursor.current - start == ProtobufWriter.varintByteCount(of: length)
      return isShortest && length == UInt64(end - cursor.current) ? cursor.current : nil
    } catch {
      return nil
    }
  }

  /// The piece of an attribute with this key whose `AnyValue` message lies between the two.
  @inline(__always)
  private static func value(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer, tag: UInt8, key: Slice, origin: UnsafeRawPointer
  ) -> SpanPiece {
    let whole = SpanPiece(
      .attributeValue, tag: tag, constant: key,
      text: Slice(from: start, byteCount: end - start, origin: origin))
    guard end - start >= 2 else { return whole }
    let valueTag = start.load(as: UInt8.self)
    switch valueTag {
    case 0x0a:
      let short = (start + 1).load(as: UInt8.self)
      var text = start + 2
      if short >= 0x80 {
        guard let found = longLength(at: start + 1, to: end) else { return whole }
        text = found
      } else if Int(short) != end - text {
        return whole
      }
      return SpanPiece(
        .attributeText, tag: tag, constant: key,
        text: Slice(from: text, byteCount: end - text, origin: origin))
    case 0x10, 0x18:
      var cursor = ProtobufCursor(current: start + 1, end: end, origin: start)
      do throws(WireError) {
        let number = try cursor.readVarint()
        guard cursor.isAtEnd, end - start - 1 == ProtobufWriter.varintByteCount(of: number),
          Self.isWithin64Bits(start + 1, to: end)
        else {
          return whole
        }
        return SpanPiece(.attributeVarint, tag: tag, valueTag: valueTag, constant: key, value: number)
      } catch {
        return whole
      }
    case 0x21:
      guard end - start == 9 else { return whole }
      return SpanPiece(
        .attributeFixed64, tag: tag, constant: key, value: (start + 1).littleEndian(at: 0))
    default: return whole
    }
  }

  /// Whether no bit of a varint is lost when it is read: of ten bytes the last one has a single bit.
  @inline(__always)
  static func isWithin64Bits(_ start: UnsafeRawPointer, to end: UnsafeRawPointer) -> Bool {
    end - start < 10 || (end - 1).load(as: UInt8.self) == 1
  }
}
