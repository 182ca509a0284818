/// Numbers as their distance from the least of them, each in as many bits as the greatest distance takes.
///
///     ┌────────────┬─────────────┬──────────────────────────────────────────────┐
///     │ least      │ width u8    │ width bits for each, the first in the lowest │
///     │ varint     │ 0 to 64     │ bits; the last byte is filled with zeroes    │
///     └────────────┴─────────────┴──────────────────────────────────────────────┘
///
/// How many there are is known to who reads them.
enum PackedIntegers {
  /// Numbers behind one another: equal ones take no bits, so nothing else bounds the memory for them.
  static let countMax = 1 << 22

  static func append(_ values: UnsafeBufferPointer<UInt64>, to bytes: inout PlainArray<UInt8>) {
    precondition(values.count <= countMax, "numbers that nobody would read")
    var least = values.first ?? 0
    var all: UInt64 = 0
    for value in values { least = min(least, value) }
    for value in values { all |= value &- least }
    let width = 64 - all.leadingZeroBitCount
    bytes.appendVarint(least)
    bytes.append(UInt8(width))
    pack(values, least: least, width: UInt64(width), to: &bytes)
  }

  private static func pack(
    _ values: UnsafeBufferPointer<UInt64>, least: UInt64, width: UInt64, to bytes: inout PlainArray<UInt8>
  ) {
    guard width > 0 else { return }
    let start = bytes.count
    let byteCount = byteCount(of: values.count, width: Int(width))
    // A word is stored for each value: the last one reaches past the end, and is cut off again.
    bytes.append(repeating: 0, count: byteCount + 8)
    var out = UnsafeMutableRawPointer(bytes.base + start)
    var word: UInt64 = 0
    var used: UInt64 = 0
    for value in values {
      let distance = value &- least
      word |= distance &<< used
      used &+= width
      if used >= 64 {
        out.storeBytes(of: word.littleEndian, as: UInt64.self)
        out += 8
        used &-= 64
        // What did not fit: nothing when the word ended with this value.
        word = used == 0 ? 0 : distance &>> (width &- used)
      }
    }
    if used > 0 { out.storeBytes(of: word.littleEndian, as: UInt64.self) }
    bytes.removeLast(8)
  }

  static func byteCount(of count: Int, width: Int) -> Int { (count * width + 7) / 8 }

  /// Reads `count` numbers.
  static func read(_ count: Int, from cursor: inout ProtobufCursor, into values: inout PlainArray<UInt64>)
    throws(FormatError)
  {
    let least: UInt64
    let width: Int
    do throws(WireError) {
      least = try cursor.readVarint()
      width = Int(try cursor.readByte())
    } catch {
      throw .field("packed numbers")
    }
    guard width <= 64, count <= countMax, byteCount(of: count, width: width) <= cursor.byteCountLeft else {
      throw .field("packed numbers")
    }
    values.removeAll()
    if width == 0 { return values.append(repeating: least, count: count) }
    values.append(repeating: 0, count: count)
    let bytes = UnsafeRawBufferPointer(start: cursor.current, count: byteCount(of: count, width: width))
    for number in 0..<count {
      values[number] = least &+ self.number(number, of: bytes, width: width)
    }
    cursor.current += bytes.count
    // Bits of no number.
    let used = count * width % 8
    guard used == 0 || bytes.isEmpty || bytes[bytes.count - 1] >> UInt8(used) == 0 else {
      throw .field("packed numbers")
    }
  }

  /// The bits of one number. They lie in at most nine bytes.
  @inline(__always)
  private static func number(_ number: Int, of bytes: UnsafeRawBufferPointer, width: Int) -> UInt64 {
    let bit = number &* width
    let byte = bit &>> 3
    let shift = UInt64(truncatingIfNeeded: bit & 7)
    let mask = UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- width)
    let left = bytes.count &- byte
    if left >= 9 {
      // SAFETY: nine bytes are left.
      let base = bytes.baseAddress.unsafelyUnwrapped + byte
      let low = UInt64(littleEndian: base.loadUnaligned(as: UInt64.self))
      if shift == 0 { return low & mask }
      let high = UInt64(base.load(fromByteOffset: 8, as: UInt8.self))
      return (low &>> shift | high &<< (64 &- shift)) & mask
    }
    var value: UInt64 = 0
    for place in 0..<left {
      let part = UInt64(bytes[byte &+ place])
      let distance = Int(truncatingIfNeeded: UInt64(truncatingIfNeeded: place) &* 8) &- Int(shift)
      value |= distance >= 0 ? part &<< UInt64(distance) : part &>> UInt64(-distance)
    }
    return value & mask
  }
}

/// Small numbers of either sign as small numbers: 0, -1, 1, -2, …
enum ZigZag {
  @inline(__always)
  static func encode(_ value: UInt64) -> UInt64 {
    let signed = Int64(bitPattern: value)
    return UInt64(bitPattern: signed &<< 1 ^ signed &>> 63)
  }

  @inline(__always)
  static func decode(_ value: UInt64) -> UInt64 { value &>> 1 ^ (0 &- (value & 1)) }
}

extension ProtobufCursor {
  @inline(__always)
  mutating func readByte() throws(WireError) -> UInt8 {
    guard current != end else { throw WireError(.truncated, position: position) }
    defer { current += 1 }
    return current.load(as: UInt8.self)
  }

  /// Steps over `count` bytes.
  @inline(__always)
  mutating func readBytes(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= byteCountLeft else { throw WireError(.truncated, position: position) }
    defer { current += count }
    return UnsafeRawBufferPointer(start: current, count: count)
  }
}
