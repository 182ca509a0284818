package import SpanEngine
package import SpanModel

/// Judges traces by keep rules, for a compaction.
package final class RuleJudge: TraceJudge {
  private let rules: KeepRules
  private var verdict: TraceVerdict?

  package init(_ rules: KeepRules) { self.rules = rules }

  package func begin(_ traceID: TraceID) { verdict = rules.verdict(on: traceID) }

  package func take(_ span: JudgedSpan) {
    verdict?.take(WireSpan(span: span.span, resource: span.resource, scope: span.scope))
  }

  package var isKept: Bool { verdict?.isKept ?? true }
}

extension CompactionRules {
  /// Has traces be left out that no rule keeps.
  package mutating func keep(_ rules: KeepRules) { makeJudge = { RuleJudge(rules) } }
}
