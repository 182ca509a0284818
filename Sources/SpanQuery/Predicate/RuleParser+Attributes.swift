extension RuleParser {
  mutating func attribute() throws(RuleError) -> SpanPredicate {
    let (places, key) = try attributeKey()
    guard token.kind == .comparison else {
      throw expected(
        Self.comparisons, advice: "write has in front to ask whether there is such an attribute")
    }
    let comparison = try comparison()
    let value = try value(comparison)
    return .attribute(places, key: key, comparison, value)
  }

  /// `KEY`, `span.KEY`, `resource.KEY` or `scope.KEY`, where `KEY` may stand in quotes; a key that is all in
  /// quotes is taken as it is.
  ///
  /// - Precondition: a text comes next.
  mutating func attributeKey() throws(RuleError) -> (AttributePlaces, key: String) {
    let first = token
    try advance()
    guard first.kind == .word,
      let (name, places) = AttributePlaces.named.first(where: { first.text.hasPrefix($0.name + ".") })
    else { return (.anywhere, first.text) }
    let key = first.text.dropFirst(name.count + 1)
    if !key.isEmpty { return (places, String(key)) }
    guard token.kind == .quoted, token.range.lowerBound == first.range.upperBound else {
      throw expected("the key of an attribute")
    }
    let quotedKey = token.text
    try advance()
    return (places, quotedKey)
  }

  /// A number, truth value or text to compare an attribute with.
  private mutating func value(_ comparison: Comparison) throws(RuleError) -> AttributeValue {
    guard token.isText else { throw expected("a number, a text, true or false") }
    guard let value = AttributeValue(token) else {
      throw expected("a number of 64 bits", advice: "digits that are meant as text are written in quotes")
    }
    switch value {
    case .int, .double: break
    case .string, .bool:
      if comparison != .equal { throw expected("a number", advice: "text is compared by = only") }
    }
    try advance()
    return value
  }
}

extension AttributeValue {
  /// What a text of a rule means: in quotes itself, else a truth value or a number if it looks like one.
  ///
  /// - Returns: `nil` for a number that is too large.
  fileprivate init?(_ token: RuleToken) {
    let text = token.text
    let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    let isNumeric =
      token.kind == .word && digits.first.map(Self.isDigit) == true
      && digits.allSatisfy { Self.isDigit($0) || "+-.eE".utf8.contains($0) }
    if !isNumeric {
      self =
        token.kind == .word && (text == "true" || text == "false") ? .bool(text == "true") : .string(text)
    } else if let int = Int64(text) {
      self = .int(int)
    } else if let double = Double(text) {
      if digits.allSatisfy(Self.isDigit) || !double.isFinite { return nil }
      self = .double(double)
    } else {
      self = .string(text)
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
