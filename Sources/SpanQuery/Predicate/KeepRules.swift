package import SpanModel

/// The rules of one compaction: a trace is kept when any rule is true of any of its spans. Without rules all
/// are kept.
package struct KeepRules: Equatable, Sendable {
  /// Each may be true of one trace only and so cost every other trace a look: more than a person writes.
  package static let countMax = 256

  package static let keepingAll: KeepRules = KeepRules(predicate: nil)

  private let predicate: SpanPredicate?

  private init(predicate: SpanPredicate?) { self.predicate = predicate }

  /// - Throws: when there are more than `countMax`.
  package init(_ rules: [KeepRule]) throws(RuleError) {
    if rules.count > Self.countMax {
      throw RuleError(
        "there are \(rules.count) rules, at most \(Self.countMax) are allowed; join some of them with \"or\"",
        rule: rules[Self.countMax].text, position: 0)
    }
    predicate = rules.isEmpty ? nil : .or(rules.map(\.predicate))
  }

  /// A verdict on the trace with this id, before any of its spans was seen.
  package func verdict(on traceID: TraceID) -> TraceVerdict {
    TraceVerdict(predicate ?? .and([]), traceID)
  }
}
