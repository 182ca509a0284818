/// The rare, long forms are read by functions of their own that take and return plain values: were the cursor
/// passed to them, it could not stay in registers anywhere.
extension ProtobufCursor {
  /// Reads a varint of at most ten bytes; bits past the 64th are dropped, as protobuf decoders do.
  @inline(__always)
  package mutating func readVarint() throws(WireError) -> UInt64 {
    if current != end {
      let first = current.load(as: UInt8.self)
      if first < 0x80 {
        current += 1
        return UInt64(first)
      }
    }
    let (value, next) = try Self.longVarint(from: current, to: end, origin: origin)
    current = next
    return value
  }

  /// Reads a varint that often takes two bytes, as the lengths of spans do.
  @inline(__always)
  package mutating func readLength() throws(WireError) -> UInt64 {
    if end - current >= 2 {
      let word = UInt16(littleEndian: current.loadUnaligned(as: UInt16.self))
      if word & 0x8080 == 0x0080 {
        current += 2
        return UInt64(word & 0x7f | word &>> 1 & 0x3f80)
      }
    }
    return try readVarint()
  }

  /// Reads the number and wire type in front of a field.
  @inline(__always)
  package mutating func readTag() throws(WireError) -> ProtobufTag {
    if current != end {
      let first = current.load(as: UInt8.self)
      // 0 is no field number, 6 and 7 are no wire types.
      if first < 0x80, first >= 8, first & 7 < 6 {
        current += 1
        return ProtobufTag(rawValue: UInt32(first))
      }
    }
    let (tag, next) = try Self.longTag(from: current, to: end, origin: origin)
    guard next - current <= ProtobufTag.byteCountMax else { throw WireError(.invalidTag, position: position) }
    current = next
    return tag
  }

  /// Reads a tag that may be padded to the ten bytes of any varint, as swift-protobuf lets it be in a group.
  mutating func readTagInGroup() throws(WireError) -> ProtobufTag {
    let (tag, next) = try Self.longTag(from: current, to: end, origin: origin)
    current = next
    return tag
  }

  @inline(never)
  static func longVarint(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer, origin: UnsafeRawPointer
  ) throws(WireError) -> (value: UInt64, next: UnsafeRawPointer) {
    var current = start
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while current != end {
      let byte = current.load(as: UInt8.self)
      current += 1
      value |= UInt64(byte & 0x7f) &<< shift
      if byte < 0x80 { return (value, current) }
      shift &+= 7
      if shift > 63 { throw WireError(.varintTooLong, position: start - origin) }
    }
    throw WireError(.truncated, position: start - origin)
  }

  @inline(never)
  static func longTag(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer, origin: UnsafeRawPointer
  ) throws(WireError) -> (tag: ProtobufTag, next: UnsafeRawPointer) {
    let (value, next) = try longVarint(from: start, to: end, origin: origin)
    guard value <= UInt64(UInt32.max), value >= 8, value & 7 < 6 else {
      throw WireError(.invalidTag, position: start - origin)
    }
    return (ProtobufTag(rawValue: UInt32(truncatingIfNeeded: value)), next)
  }
}
