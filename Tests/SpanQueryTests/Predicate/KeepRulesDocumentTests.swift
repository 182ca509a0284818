import Foundation
import SpanModel
import SpanQuery
import Testing

/// What `docs/operating.md` says of keep rules, taken from the page itself.
struct KeepRulesDocumentTests {
  private static let page: String? = {
    var root = URL(filePath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    return try? String(contentsOf: root.appending(path: "docs/operating.md"), encoding: .utf8)
  }()

  @Test func `the rules on the page are rules`() throws {
    let parts = try #require(Self.page).components(separatedBy: "```rules\n")
    try #require(parts.count == 2)
    let lines = parts[1].components(separatedBy: "```")[0].split(separator: "\n")
    #expect(lines.count > 10)
    for line in lines {
      let rule = line.components(separatedBy: "  #")[0]
      #expect(throws: Never.self) { try KeepRule(parsing: rule) }
    }
  }

  @Test func `the mistake on the page is told so`() throws {
    let error = #expect(throws: RuleError.self) { try KeepRule(parsing: "duration > fast") }
    let text = try #require(error).description.split(separator: "\n").map { "    " + $0 }
    #expect(try #require(Self.page).contains(text.joined(separator: "\n")))
  }

  @Test func `the hash and the shares on the page are right`() throws {
    let page = try #require(Self.page)
    let traceID = try #require(TraceID("5b8efff798038103d269b633813fc60c"))
    let hash = SampleShare.hash(of: traceID)
    #expect(page.contains("\(traceID) is 0x\(hexDigits(of: hash)): 98.1 % of the way"))
    #expect(SampleShare(billionths: 99_000_000_000).contains(traceID))
    #expect(!SampleShare(billionths: 98_000_000_000).contains(traceID))
  }

  @Test func `the bounds on the page are those that hold`() throws {
    let page = try #require(Self.page)
    let bounds =
      "A rule has up to \(KeepRule.byteCountMax >> 10) KiB, \(KeepRule.conditionCountMax) conditions and "
      + "\(KeepRule.nestingDepthMax)\nparentheses and `not`s within one another; "
      + "there are up to \(KeepRules.countMax) rules."
    #expect(page.contains(bounds))
  }
}
