/// Cuts a rule into tokens, one after the other.
struct RuleLexer {
  private let rule: String
  private let bytes: [UInt8]
  private var position = 0

  init(_ rule: String) {
    self.rule = rule
    bytes = Array(rule.utf8)
  }

  mutating func next() throws(RuleError) -> RuleToken {
    while let byte = peek, Self.isBlank(byte) { position += 1 }
    guard let first = peek else { return token(.end, from: position) }
    switch first {
    case UInt8(ascii: "("): return single(.open)
    case UInt8(ascii: ")"): return single(.close)
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return try quoted(by: first)
    case _ where Self.isComparing(first): return run(.comparison, while: Self.isComparing)
    default: return run(.word, while: Self.isWordByte)
    }
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func token(_ kind: RuleToken.Kind, from start: Int) -> RuleToken {
    RuleToken(
      kind: kind, text: String(decoding: bytes[start..<position], as: UTF8.self), range: start..<position)
  }

  private mutating func single(_ kind: RuleToken.Kind) -> RuleToken {
    position += 1
    return token(kind, from: position - 1)
  }

  private mutating func run(_ kind: RuleToken.Kind, while belongs: (UInt8) -> Bool) -> RuleToken {
    let start = position
    while let byte = peek, belongs(byte) { position += 1 }
    return token(kind, from: start)
  }

  /// A backslash stands in front of a quote or a backslash that is meant as such.
  private mutating func quoted(by quote: UInt8) throws(RuleError) -> RuleToken {
    let start = position
    var content: [UInt8] = []
    position += 1
    while let byte = peek {
      position += 1
      if byte == quote {
        return RuleToken(
          kind: .quoted, text: String(decoding: content, as: UTF8.self), range: start..<position)
      }
      content.append(byte == UInt8(ascii: "\\") ? try escaped() : byte)
    }
    let mark = Character(Unicode.Scalar(quote))
    throw RuleError("this quote is never closed; add \(mark) at its end", rule: rule, position: start)
  }

  private mutating func escaped() throws(RuleError) -> UInt8 {
    guard let byte = peek, "\\\"'".utf8.contains(byte) else {
      throw RuleError(
        "expected a quote or another \\ after \"\\\"; a single \\ is written \\\\", rule: rule,
        position: position)
    }
    position += 1
    return byte
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

  private static func isComparing(_ byte: UInt8) -> Bool { "<>=!~".utf8.contains(byte) }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    !isBlank(byte) && !isComparing(byte) && !"()\"'".utf8.contains(byte)
  }
}
