extension RuleParser {
  static let comparisons = "=, <, <=, > or >="

  mutating func comparison() throws(RuleError) -> Comparison {
    guard token.kind == .comparison else { throw expected(Self.comparisons) }
    guard let comparison = Comparison(rawValue: token.text) else { throw unknownComparison(Self.comparisons) }
    try advance()
    return comparison
  }

  /// Steps over the `=` that must come next.
  mutating func equalitySign() throws(RuleError) {
    guard token.text == Comparison.equal.rawValue, token.kind == .comparison else {
      throw unknownComparison(Comparison.equal.rawValue)
    }
    try advance()
  }

  private func unknownComparison(_ known: String) -> RuleError {
    let advice =
      switch token.text {
      case "!=", "<>": "for \(quoted(token)) write not in front of the condition, and ="
      case "==": "for \(quoted(token)) write ="
      default: ""
      }
    return expected(known, advice: token.kind == .comparison ? advice : "")
  }
}
