internal import SpanModel

/// Reads a JSON text from front to back; total over any bytes, and without recursion.
///
/// Every read is guarded by one comparison against the bytes that are left.
///
/// Format: RFC 8259.
struct JSONCursor {
  private var current: UnsafeRawPointer
  private let end: UnsafeRawPointer
  private let origin: UnsafeRawPointer

  /// - Parameter text: must outlive the cursor.
  init(_ text: UnsafeRawBufferPointer) {
    // SAFETY: an empty buffer may have no address; any address serves, since none of it is ever read.
    origin = text.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    current = origin
    end = origin + text.count
  }

  var position: Int { current - origin }

  private var next: UInt8? { current == end ? nil : current.load(as: UInt8.self) }

  func error(_ reason: JSONError.Reason) -> JSONError {
    JSONError(current == end ? .cutOff : reason, position: position)
  }

  /// The next byte that is no white space, which stays the next.
  mutating func peek() -> UInt8? {
    while let byte = next {
      guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
      current += 1
    }
    return nil
  }

  /// Steps over `byte`, which must come.
  mutating func take(_ byte: UInt8) throws(JSONError) {
    guard peek() == byte else { throw error(.expected("\"\(Character(Unicode.Scalar(byte)))\"")) }
    current += 1
  }

  /// Steps over `byte` if it comes.
  mutating func takes(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    current += 1
    return true
  }

  /// Steps over `true`, `false` or `null` if it comes.
  mutating func takes(_ word: StaticString) -> Bool {
    guard peek() != nil, end - current >= word.utf8CodeUnitCount else { return false }
    let found = UnsafeRawBufferPointer(start: current, count: word.utf8CodeUnitCount)
    guard word.withUTF8Buffer({ found.elementsEqual($0) }) else { return false }
    current += word.utf8CodeUnitCount
    return true
  }

  /// Goes to the next member of an object, or element of an array, whose opening bracket was taken.
  ///
  /// - Returns: `false` when `close` was taken instead.
  mutating func takesNext(isFirst: Bool, close: UInt8) throws(JSONError) -> Bool {
    if takes(close) { return false }
    if !isFirst { try take(UInt8(ascii: ",")) }
    return true
  }

  /// Reads a number as it is spelled.
  mutating func readNumber() throws(JSONError) -> UnsafeRawBufferPointer {
    _ = peek()
    let start = current
    if next == UInt8(ascii: "-") { current += 1 }
    if next == UInt8(ascii: "0") { current += 1 } else { try skipDigits() }
    if next == UInt8(ascii: ".") {
      current += 1
      try skipDigits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      current += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { current += 1 }
      try skipDigits()
    }
    return UnsafeRawBufferPointer(start: start, count: current - start)
  }

  private mutating func skipDigits() throws(JSONError) {
    let start = current
    while let byte = next, (0x30...0x39).contains(byte) { current += 1 }
    if current == start { throw error(.expected("a value")) }
  }
}

// MARK: Texts

extension JSONCursor {
  /// Reads a text without its quotes, escapes resolved, into `text`.
  mutating func readText(into text: inout [UInt8]) throws(JSONError) {
    text.removeAll(keepingCapacity: true)
    try take(UInt8(ascii: "\""))
    let start = position
    while true {
      let run = current
      while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
        current += 1
      }
      text.append(contentsOf: UnsafeRawBufferPointer(start: run, count: current - run))
      switch next {
      case UInt8(ascii: "\""):
        current += 1
        guard Self.isUTF8(text) else { throw JSONError(.invalidText, position: start) }
        return
      case UInt8(ascii: "\\"):
        current += 1
        try readEscape(into: &text)
      default: throw error(.invalidText)
      }
    }
  }

  private static func isUTF8(_ text: [UInt8]) -> Bool {
    text.allSatisfy { $0 < 0x80 } || String(validating: text, as: UTF8.self) != nil
  }

  private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = next else { throw error(.cutOff) }
    let plain: UInt8
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = byte
    case UInt8(ascii: "b"): plain = 0x08
    case UInt8(ascii: "f"): plain = 0x0c
    case UInt8(ascii: "n"): plain = 0x0a
    case UInt8(ascii: "r"): plain = 0x0d
    case UInt8(ascii: "t"): plain = 0x09
    case UInt8(ascii: "u"):
      current += 1
      let scalar = try readScalar()
      text.append(contentsOf: Array(String(Character(scalar)).utf8))
      return
    default: throw error(.invalidText)
    }
    current += 1
    text.append(plain)
  }

  /// Reads the digits of one escape, or of two that are a pair.
  private mutating func readScalar() throws(JSONError) -> Unicode.Scalar {
    let start = position
    let first = try readFourDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xd800..<0xdc00).contains(first), next == UInt8(ascii: "\\") else {
      throw JSONError(.invalidText, position: start)
    }
    current += 1
    guard next == UInt8(ascii: "u") else { throw error(.invalidText) }
    current += 1
    let second = try readFourDigits()
    guard (0xdc00..<0xe000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw JSONError(.invalidText, position: start) }
    return scalar
  }

  private mutating func readFourDigits() throws(JSONError) -> UInt32 {
    var number: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = hexValue(of: byte) else { throw error(.invalidText) }
      number = number << 4 | UInt32(digit)
      current += 1
    }
    return number
  }
}

// MARK: Values that nobody wants

extension JSONCursor {
  /// Steps over a value, whatever it holds.
  ///
  /// - Parameter scratch: for texts.
  mutating func skipValue(_ scratch: inout [UInt8]) throws(JSONError) {
    /// The closing brackets that are awaited.
    var open: [UInt8] = []
    repeat {
      guard open.count <= OTLPJSONDecoder.nestingDepthMax else { throw error(.tooDeep) }
      switch peek() {
      case UInt8(ascii: "{"):
        current += 1
        open.append(UInt8(ascii: "}"))
        if try beginsMember(&open, isFirst: true, &scratch) { continue }
      case UInt8(ascii: "["):
        current += 1
        open.append(UInt8(ascii: "]"))
        if try beginsMember(&open, isFirst: true, &scratch) { continue }
      case UInt8(ascii: "\""): try readText(into: &scratch)
      default:
        if !takes("true"), !takes("false"), !takes("null") { _ = try readNumber() }
      }
      while !open.isEmpty {
        if try beginsMember(&open, isFirst: false, &scratch) { break }
      }
    } while !open.isEmpty
  }

  /// Goes to the next value of the innermost object or array, over its name.
  ///
  /// - Returns: `false` when it was closed instead.
  private mutating func beginsMember(_ open: inout [UInt8], isFirst: Bool, _ scratch: inout [UInt8])
    throws(JSONError) -> Bool
  {
    guard let close = open.last else { return false }
    guard try takesNext(isFirst: isFirst, close: close) else {
      open.removeLast()
      return false
    }
    if close == UInt8(ascii: "}") {
      try readText(into: &scratch)
      try take(UInt8(ascii: ":"))
    }
    return true
  }
}
