internal import SpanModel

/// A mistake in a rule, and where.
package struct RuleError: Error, Equatable, Sendable {
  /// What is wrong, and what to do.
  package let message: String
  package let rule: String
  /// Bytes of the rule's UTF-8 in front of the mistake.
  package let position: Int

  init(_ message: String, rule: String, position: Int) {
    self.message = message
    self.rule = rule
    self.position = position
  }
}

extension RuleError: CustomStringConvertible {
  /// Characters of the rule that are shown on each side of the place: what a line of a terminal holds.
  private static let shownCharacterCount = 60

  /// The message, below it the rule, and below that a caret under the place.
  package var description: String {
    let before = String(decoding: rule.utf8.prefix(position), as: UTF8.self)
    let shown = before.unicodeScalars.suffix(Self.shownCharacterCount)
    let isCut = shown.startIndex > before.startIndex
    let left = TerminalText(own: isCut ? "  …" : "  ") + TerminalText(String(shown).utf8)
    let right = TerminalText(rule.utf8.dropFirst(position), columnCountMax: Self.shownCharacterCount)
    let caret = String(repeating: " ", count: left.columnCount) + "^"
    return "--keep: \(message)\n\(left.text)\(right.text)\n\(caret)"
  }
}
