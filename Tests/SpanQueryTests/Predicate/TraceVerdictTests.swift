import Foundation
import SpanModel
import SpanProto
import SpanQuery
import SwiftProtobuf
import Testing

struct TraceVerdictTests {
  private let traceID = TraceID(high: 0x4bf9_2f35_77b3_4da6, low: 0xa3ce_929d_0e0e_4736)

  private func rules(_ texts: String...) throws -> KeepRules {
    try KeepRules(texts.map { try KeepRule(parsing: $0) })
  }

  private func span(_ name: String, isError: Bool = false) throws -> SpanSample {
    try SpanSample(
      .with {
        $0.traceID = Data(traceID)
        $0.name = name
        if isError { $0.status.code = .error }
      })
  }

  private func verdict(_ rules: KeepRules, _ spans: [SpanSample]) -> TraceVerdict {
    var verdict = rules.verdict(on: traceID)
    for span in spans { span.withSpan { verdict.take($0) } }
    return verdict
  }

  @Test func `without rules every trace is kept`() throws {
    #expect(KeepRules.keepingAll.verdict(on: traceID).isKept)
    #expect(try KeepRules([]).verdict(on: traceID).isKept)
  }

  @Test func `one span that one rule is true of is enough, wherever it comes`() throws {
    let rules = try rules("error", "name = wanted")
    let plain = try span("plain")
    #expect(!verdict(rules, [plain, plain]).isKept)
    #expect(!verdict(rules, [plain, plain]).isFinal)
    for wanted in [try span("wanted"), try span("other", isError: true)] {
      for spans in [[wanted, plain, plain], [plain, wanted, plain], [plain, plain, wanted]] {
        let verdict = verdict(rules, spans)
        #expect(verdict.isKept && verdict.isFinal)
      }
    }
  }

  @Test func `the conditions of a rule are asked of one and the same span`() throws {
    let rules = try rules("error and name = wanted")
    #expect(!verdict(rules, [try span("wanted"), try span("other", isError: true)]).isKept)
    #expect(verdict(rules, [try span("other"), try span("wanted", isError: true)]).isKept)
  }

  @Test(
    arguments: [
      ("sample 3%", true), ("sample 2%", false), ("not sample 2%", true),
      ("trace = 4bf92f3577b34da6a3ce929d0e0e4736", true), ("trace = 4bf92f3577b34da6", false),
      ("error and sample 2%", false), ("error or sample 3%", true),
      ("error or sample 2%", nil), ("error and sample 3%", nil), ("not error", nil),
      ("not (error and sample 2%)", true), ("not (error or sample 3%)", false),
      ("(error or sample 3%) and (trace = 4bf92f3577b34da6a3ce929d0e0e4736 or has a)", true),
    ])
  func `what the id alone decides is known before any span`(rule: String, isKept: Bool?) throws {
    let verdict = try rules(rule).verdict(on: traceID)
    #expect(verdict.isFinal == (isKept != nil))
    #expect(verdict.isKept == (isKept ?? false))
  }

  @Test(arguments: [("error and sample 3%", true), ("error and sample 2%", false)])
  func `a share of the traces with errors is a share of those`(rule: String, isKept: Bool) throws {
    let rules = try rules(rule)
    #expect(!verdict(rules, [try span("a")]).isKept)
    #expect(verdict(rules, [try span("a"), try span("b", isError: true)]).isKept == isKept)
  }
}
