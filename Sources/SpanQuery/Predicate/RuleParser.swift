internal import SpanModel

/// Reads a rule by recursive descent: `or` binds least, then `and`, then `not`.
struct RuleParser {
  let rule: String
  private var lexer: RuleLexer
  /// What comes next.
  private(set) var token: RuleToken
  /// What stood before it.
  private var previous: RuleToken?
  private var depth = 0
  private var conditionCount = 0

  static func predicate(of rule: String) throws(RuleError) -> SpanPredicate {
    var parser = try RuleParser(rule)
    let predicate = try parser.alternatives()
    guard parser.token.kind == .end else { throw parser.trailing() }
    return predicate
  }

  private init(_ rule: String) throws(RuleError) {
    guard rule.utf8.count <= KeepRule.byteCountMax else {
      throw RuleError(
        "the rule has \(rule.utf8.count) bytes, at most \(KeepRule.byteCountMax) are allowed; give several "
          + "--keep, which mean \"or\"", rule: rule, position: 0)
    }
    self.rule = rule
    lexer = RuleLexer(rule)
    token = try lexer.next()
  }

  mutating func advance() throws(RuleError) {
    previous = token
    token = try lexer.next()
  }

  /// Steps over `word` if it comes next.
  mutating func take(_ word: String) throws(RuleError) -> Bool {
    guard token.isWord(word) else { return false }
    try advance()
    return true
  }

  private mutating func alternatives() throws(RuleError) -> SpanPredicate {
    let first = try conjunction()
    var parts = [first]
    while try take("or") { parts.append(try conjunction()) }
    return parts.count == 1 ? first : .or(parts)
  }

  private mutating func conjunction() throws(RuleError) -> SpanPredicate {
    let first = try negation()
    var parts = [first]
    while try take("and") { parts.append(try negation()) }
    return parts.count == 1 ? first : .and(parts)
  }

  private mutating func negation() throws(RuleError) -> SpanPredicate {
    guard token.isWord("not") || token.kind == .open else { return try countedCondition() }
    depth += 1
    defer { depth -= 1 }
    guard depth <= KeepRule.nestingDepthMax else {
      throw mistake(
        "parentheses and \"not\" stand more than \(KeepRule.nestingDepthMax) deep in one another; write it flatter"
      )
    }
    if try take("not") { return .not(try negation()) }
    let open = token
    try advance()
    let inner = try alternatives()
    guard token.kind == .close else { throw unclosed(open) }
    try advance()
    return inner
  }

  private mutating func countedCondition() throws(RuleError) -> SpanPredicate {
    conditionCount += 1
    guard conditionCount <= KeepRule.conditionCountMax else {
      throw mistake(
        "the rule has more than \(KeepRule.conditionCountMax) conditions; give several --keep, which mean \"or\""
      )
    }
    return try condition()
  }
}

/// What is said of mistakes.
extension RuleParser {
  /// A mistake at the next token.
  func mistake(_ message: String) -> RuleError {
    RuleError(message, rule: rule, position: token.range.lowerBound)
  }

  /// Something else had to come next.
  func expected(_ what: String, advice: String = "") -> RuleError {
    let place = previous.map { " after \(quoted($0))" } ?? ""
    return mistake("expected \(what)\(place)\(advice.isEmpty ? "" : "; " + advice)")
  }

  /// The token as it was written, in quotes.
  func quoted(_ token: RuleToken) -> String {
    let written = TerminalText(
      rule.utf8.dropFirst(token.range.lowerBound).prefix(token.range.count), columnCountMax: 40)
    return token.kind == .quoted ? written.text : "\"\(written.text)\""
  }

  private func unclosed(_ open: RuleToken) -> RuleError {
    if token.kind != .end { return trailing(expecting: "\")\"") }
    return RuleError(
      "this \"(\" is never closed; add \")\" at its end", rule: rule, position: open.range.lowerBound)
  }

  /// What is said when a condition is done and something follows that does not go on from it.
  private func trailing(expecting end: String = "the end of the rule") -> RuleError {
    if token.kind == .close {
      return mistake("there is no \"(\" that this \")\" could close; remove it, or add \"(\"")
    }
    let advice =
      token.kind == .comparison
      ? "an attribute of that name is written in quotes" : "text with blanks in it is written in quotes"
    return expected("\"and\", \"or\" or \(end)", advice: advice)
  }
}
