internal import SpanModel
internal import SpanWire

/// Reads values that are no messages.
enum JSONScalar {
  /// Reads the value of `field` and writes it with its tag.
  ///
  /// - Parameter text: scratch.
  static func read(
    _ field: OTLPField, _ cursor: inout JSONCursor, _ text: inout [UInt8], into writer: inout ProtobufWriter
  ) throws(JSONError) {
    let position = cursor.position
    switch field.kind {
    case .text, .hex, .bytes:
      guard cursor.peek() == UInt8(ascii: "\"") else { throw cursor.error(.expected("a text")) }
      try cursor.readText(into: &text)
      let bytes = try bytes(of: text, field.kind, position)
      if !bytes.isEmpty || field.isChoice || field.isList {
        writer.writeBytes(bytes, field: field.tag.number)
      }
    default:
      let number = try number(field.kind, &cursor, &text)
      if number != 0 || field.isChoice { write(number, field.tag, to: &writer) }
    }
  }

  private static func write(_ number: UInt64, _ tag: ProtobufTag, to writer: inout ProtobufWriter) {
    writer.writeTag(tag.number, tag.wireType)
    switch tag.wireType {
    case .fixed64: withUnsafeBytes(of: number.littleEndian) { writer.bytes.append(contentsOf: $0) }
    case .fixed32:
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).littleEndian) {
        writer.bytes.append(contentsOf: $0)
      }
    default: writer.writeVarint(number)
    }
  }

  // MARK: Bytes

  private static func bytes(of text: [UInt8], _ kind: OTLPField.Kind, _ position: Int) throws(JSONError)
    -> [UInt8]
  {
    switch kind {
    case .hex:
      guard let bytes = hexBytes(text) else { throw JSONError(.notHex, position: position) }
      return bytes
    case .bytes:
      guard let bytes = base64Bytes(text) else { throw JSONError(.notBase64, position: position) }
      return bytes
    default: return text
    }
  }

  private static func hexBytes(_ digits: [UInt8]) -> [UInt8]? {
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    var high: UInt64?
    for digit in digits {
      guard let value = hexValue(of: digit) else { return nil }
      if let first = high.take() {
        bytes.append(UInt8(truncatingIfNeeded: first << 4 | value))
      } else {
        high = value
      }
    }
    return bytes
  }

  /// Either alphabet of RFC 4648, with padding or without.
  private static func base64Bytes(_ text: [UInt8]) -> [UInt8]? {
    let digits = text.prefix { $0 != UInt8(ascii: "=") }
    let padding = text.dropFirst(digits.count)
    guard padding.allSatisfy({ $0 == UInt8(ascii: "=") }), padding.count <= 2, digits.count % 4 != 1,
      padding.isEmpty || text.count % 4 == 0
    else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 4 * 3 + 2)
    var bits: UInt32 = 0
    var bitCount = 0
    for digit in digits {
      guard let value = base64Value(of: digit) else { return nil }
      bits = bits << 6 | value
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
      }
    }
    return bytes
  }

  private static func base64Value(of digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }

  // MARK: Numbers

  /// As it stands on the wire.
  private static func number(_ kind: OTLPField.Kind, _ cursor: inout JSONCursor, _ text: inout [UInt8])
    throws(JSONError) -> UInt64
  {
    if case .bool = kind {
      if cursor.takes("true") { return 1 }
      if cursor.takes("false") { return 0 }
      throw cursor.error(.expected("true or false"))
    }
    let isText = cursor.peek() == UInt8(ascii: "\"")
    let position = cursor.position
    if isText { try cursor.readText(into: &text) } else { text = Array(try cursor.readNumber()) }
    switch kind {
    case .double:
      guard let double = double(text, isText: isText) else {
        throw JSONError(.number("number"), position: position)
      }
      return double.bitPattern
    case .enumeration(let names):
      if isText, let first = text.first, !(0x30...0x39).contains(first) {
        guard let number = names.firstIndex(where: { $0.utf8.elementsEqual(text) }) else {
          throw JSONError(.unknownName, position: position)
        }
        return UInt64(number)
      }
      guard let number = integer(text), let narrow = Int32(exactly: number) else {
        throw JSONError(.number("number of 32 bits"), position: position)
      }
      return UInt64(bitPattern: Int64(narrow))
    case .uint32, .fixed32:
      guard let number = integer(text), let narrow = UInt32(exactly: number) else {
        throw JSONError(.number("whole number of 32 bits from 0 on"), position: position)
      }
      return UInt64(narrow)
    case .fixed64:
      guard let number = integer(text), let narrow = UInt64(exactly: number) else {
        throw JSONError(.number("whole number of 64 bits from 0 on"), position: position)
      }
      return narrow
    default:
      guard let number = integer(text), let narrow = Int64(exactly: number) else {
        throw JSONError(.number("whole number of 64 bits"), position: position)
      }
      return UInt64(bitPattern: narrow)
    }
  }

  /// A whole number however it is spelled: `1`, `1.0`, `1e3`.
  private static func integer(_ text: [UInt8]) -> Int128? {
    let spelling = String(decoding: text, as: UTF8.self)
    let digits = text.first == UInt8(ascii: "-") ? text[1...] : text[...]
    // 20 digits hold any number of 64 bits.
    if !digits.isEmpty, digits.count <= 20, digits.allSatisfy({ (0x30...0x39).contains($0) }) {
      return Int128(spelling)
    }
    // Up to 2^53 a double holds every whole number.
    guard let double = double(text, isText: true), abs(double) <= 9_007_199_254_740_992 else { return nil }
    return Int128(exactly: double)
  }

  private static func double(_ text: [UInt8], isText: Bool) -> Double? {
    let spelling = String(decoding: text, as: UTF8.self)
    if isText {
      switch spelling {
      case "NaN": return .nan
      case "Infinity": return .infinity
      case "-Infinity": return -.infinity
      default: break
      }
      // A text has not been held against the spelling of numbers yet, and Swift knows more of them.
      let isNumber = text.withUnsafeBytes { bytes in
        var cursor = JSONCursor(bytes)
        return (try? cursor.readNumber())?.count == bytes.count
      }
      guard isNumber else { return nil }
    }
    return Double(spelling).flatMap { $0.isFinite ? $0 : nil }
  }
}
