/// A piece of a rule.
struct RuleToken: Equatable {
  enum Kind: Equatable {
    /// Anything without blanks, quotes, parentheses and signs of comparison.
    case word
    /// Text in quotes; `text` is what they hold.
    case quoted
    /// A run of `<`, `>`, `=`, `!` and `~`.
    case comparison
    case open
    case close
    case end
  }

  let kind: Kind
  /// What it says.
  let text: String
  /// Where it stands in the rule's UTF-8.
  let range: Range<Int>

  func isWord(_ word: String) -> Bool { kind == .word && text == word }

  /// A word that joins conditions: where something else has to stand, it tells that this was forgotten.
  var isJoining: Bool { kind == .word && ["and", "or", "not"].contains(text) }

  /// A text, in quotes or without.
  var isText: Bool { kind == .quoted || kind == .word && !isJoining }
}
