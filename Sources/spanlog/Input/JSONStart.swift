/// Tells by the first bytes of a stream whether it is JSON.
enum JSONStart: Equatable {
  /// As many bytes decide.
  static let byteCount = 128

  case object
  /// JSON, but no object.
  case other
  case none

  /// A length-delimited message may begin with a brace too, when it is 123 bytes long: but then no quote with
  /// letters behind it follows, for the tags of a request's first fields are no letters.
  init(detecting start: UnsafeRawBufferPointer) {
    let text = start.drop(while: Self.isSpace)
    switch text.first {
    case UInt8(ascii: "{"):
      let rest = text.dropFirst().drop(while: Self.isSpace)
      if rest.first == UInt8(ascii: "}") {
        self = .object
      } else {
        self = rest.first == UInt8(ascii: "\"") && Self.isLetter(rest.dropFirst().first) ? .object : .none
      }
    case UInt8(ascii: "["):
      let rest = text.dropFirst().drop(while: Self.isSpace)
      self = rest.first.map { "{[]\"".utf8.contains($0) } ?? false ? .other : .none
    default: self = .none
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }

  private static func isLetter(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
  }
}
