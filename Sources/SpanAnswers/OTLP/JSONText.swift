import SpanWire

/// Values as OTLP/JSON writes them.
enum JSONText {
  /// - Parameter kind: anything but a message.
  static func append(_ value: FieldValues.Value, as kind: OTLPField.Kind, to json: inout [UInt8]) {
    let number = value.number
    switch kind {
    case .text: appendText(value.bytes, to: &json)
    case .hex: appendQuoted(to: &json) { appendHex(value.bytes, to: &$0) }
    case .bytes: appendQuoted(to: &json) { appendBase64(value.bytes, to: &$0) }
    case .bool: json.append(contentsOf: (number == 0 ? "false" : "true").utf8)
    case .enumeration: json.append(contentsOf: "\(Int32(truncatingIfNeeded: number))".utf8)
    case .uint32, .fixed32: json.append(contentsOf: "\(UInt32(truncatingIfNeeded: number))".utf8)
    // 64 bits do not fit the numbers of every JSON reader.
    case .int64: json.append(contentsOf: "\"\(Int64(bitPattern: number))\"".utf8)
    case .fixed64: json.append(contentsOf: "\"\(number)\"".utf8)
    case .double: json.append(contentsOf: text(of: Double(bitPattern: number)).utf8)
    case .message: preconditionFailure("a message is no scalar")
    }
  }

  private static func text(of double: Double) -> String {
    if double.isNaN { return "\"NaN\"" }
    if double.isInfinite { return double < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
    return "\(double)"
  }

  private static func appendQuoted(to json: inout [UInt8], _ content: (inout [UInt8]) -> Void) {
    json.append(UInt8(ascii: "\""))
    content(&json)
    json.append(UInt8(ascii: "\""))
  }

  private static func appendText(_ text: UnsafeRawBufferPointer, to json: inout [UInt8]) {
    appendQuoted(to: &json) { json in
      if text.allSatisfy(isPlain) {
        json.append(contentsOf: text)
      } else {
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
          appendEscaped(scalar, to: &json)
        }
      }
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private static func appendEscaped(_ scalar: Unicode.Scalar, to json: inout [UInt8]) {
    switch scalar {
    case "\"", "\\": json.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: scalar)])
    case "\n": json.append(contentsOf: #"\n"#.utf8)
    case "\r": json.append(contentsOf: #"\r"#.utf8)
    case "\t": json.append(contentsOf: #"\t"#.utf8)
    // Beyond what JSON asks for, what a terminal could take for a command.
    case "\0"..<" ", "\u{7f}"..."\u{9f}":
      json.append(contentsOf: #"\u00"#.utf8)
      appendHexDigits(UInt8(truncatingIfNeeded: scalar.value), to: &json)
    default: json.append(contentsOf: UTF8.encode(scalar)!)  // SAFETY: every scalar has a UTF-8 form.
    }
  }

  private static func appendHex(_ bytes: UnsafeRawBufferPointer, to json: inout [UInt8]) {
    for byte in bytes { appendHexDigits(byte, to: &json) }
  }

  private static func appendHexDigits(_ byte: UInt8, to json: inout [UInt8]) {
    for digit in [byte >> 4, byte & 0xf] {
      json.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }

  private static let base64Digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// RFC 4648 §4, with padding.
  private static func appendBase64(_ bytes: UnsafeRawBufferPointer, to json: inout [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let group = rest.prefix(3)
      rest = rest.dropFirst(3)
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 {
        json.append(place <= group.count ? base64Digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
    }
  }
}
