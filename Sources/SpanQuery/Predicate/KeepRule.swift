/// What `--keep` takes: which spans are worth their trace. `docs/operating.md` has the grammar.
package struct KeepRule: Equatable, Sendable {
  /// Of its UTF-8: some screenfuls of text, and enough for as many trace ids as there may be conditions.
  package static let byteCountMax = 16 << 10
  /// Parentheses and `not`s inside one another. Each takes four calls to read, and one to judge a span.
  package static let nestingDepthMax = 32
  /// Each condition may cost a walk over the attributes of every span.
  package static let conditionCountMax = 256

  /// As it was written.
  package let text: String
  package let predicate: SpanPredicate

  /// - Throws: when `text` is no rule; the error shows the place.
  package init(parsing text: String) throws(RuleError) {
    self.text = text
    predicate = try RuleParser.predicate(of: text)
  }
}
