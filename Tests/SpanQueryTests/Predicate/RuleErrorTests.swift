import SpanQuery
import Testing

struct RuleErrorTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    let rule: String
    /// The message and the number of columns in front of the caret.
    let message: String
    let column: Int

    init(_ rule: String, _ message: String, at column: Int) {
      self.rule = rule
      self.message = message
      self.column = column
    }

    var testDescription: String { rule }
  }

  private static let condition = "expected a condition such as error, duration > 1s or service = checkout"
  private static let blanks = "text with blanks in it is written in quotes"
  private static let named = "an attribute of that name is written in quotes"

  private static let structure = [
    Mistake("", condition, at: 0),
    Mistake("  ", condition, at: 2),
    Mistake("= 5", condition, at: 0),
    Mistake("and error", condition, at: 0),
    Mistake("error and", condition + " after \"and\"", at: 9),
    Mistake("error or or error", condition + " after \"or\"", at: 9),
    Mistake("not", condition + " after \"not\"", at: 3),
    Mistake("()", condition + " after \"(\"", at: 1),
    Mistake("error (", "expected \"and\", \"or\" or the end of the rule after \"error\"; \(blanks)", at: 6),
    Mistake(
      "error error", "expected \"and\", \"or\" or the end of the rule after \"error\"; \(blanks)", at: 6),
    Mistake(
      "error = true", "expected \"and\", \"or\" or the end of the rule after \"error\"; \(named)", at: 6),
    Mistake(
      "name = GET /x", "expected \"and\", \"or\" or the end of the rule after \"GET\"; \(blanks)", at: 11),
    Mistake(
      "name = \"GET\" /x", "expected \"and\", \"or\" or the end of the rule after \"GET\"; \(blanks)", at: 13),
    Mistake("(error /x)", "expected \"and\", \"or\" or \")\" after \"error\"; \(blanks)", at: 7),
    Mistake("not (error", "this \"(\" is never closed; add \")\" at its end", at: 4),
    Mistake("error)", "there is no \"(\" that this \")\" could close; remove it, or add \"(\"", at: 5),
    Mistake("name = \"GET", "this quote is never closed; add \" at its end", at: 7),
    Mistake("name = it's", "this quote is never closed; add ' at its end", at: 9),
    Mistake(
      #"name = "a\n""#, #"expected a quote or another \ after "\"; a single \ is written \\"#, at: 10),
    Mistake(#"name = "a\"#, #"expected a quote or another \ after "\"; a single \ is written \\"#, at: 10),
  ]

  private static let values = [
    Mistake("duration", "expected =, <, <=, > or >= after \"duration\"", at: 8),
    Mistake("duration 1s", "expected =, <, <=, > or >= after \"duration\"", at: 9),
    Mistake(
      "duration != 1s",
      "expected =, <, <=, > or >= after \"duration\"; for \"!=\" write not in front of the condition, and =",
      at: 9),
    Mistake("duration => 1s", "expected =, <, <=, > or >= after \"duration\"", at: 9),
    Mistake("duration > fast", "expected a duration such as 1s or 250ms after \">\"", at: 11),
    Mistake("duration > 5", "expected a duration such as 1s or 250ms after \">\"", at: 11),
    Mistake("duration>5x", "expected a duration such as 1s or 250ms after \">\"", at: 9),
    Mistake("duration > -1s", "expected a duration such as 1s or 250ms after \">\"", at: 11),
    Mistake("duration > .5s", "expected a duration such as 1s or 250ms after \">\"", at: 11),
    Mistake("duration > 1m30s", "expected a duration such as 1s or 250ms after \">\"", at: 11),
    Mistake("duration > \"1s\"", "expected a duration such as 1s or 250ms after \">\"", at: 11),
    Mistake("duration >", "expected a duration such as 1s or 250ms after \">\"", at: 10),
    Mistake(
      "duration > 0.5ns",
      "expected a duration such as 1s or 250ms after \">\"; \"0.5ns\" is too long, or no whole number of "
        + "nanoseconds", at: 11),
    Mistake(
      "duration > 6000000h",
      "expected a duration such as 1s or 250ms after \">\"; \"6000000h\" is too long, or no whole number of "
        + "nanoseconds", at: 11),
    Mistake("service checkout", "expected = after \"service\"", at: 8),
    Mistake("service == a", "expected = after \"service\"; for \"==\" write =", at: 8),
    Mistake(
      "service != a", "expected = after \"service\"; for \"!=\" write not in front of the condition, and =",
      at: 8),
    Mistake("service > a", "expected = after \"service\"", at: 8),
    Mistake("service =", "expected a service's name after \"=\"", at: 9),
    Mistake("service = and error", "expected a service's name after \"=\"", at: 10),
    Mistake("name = )", "expected a span's name after \"=\"", at: 7),
    Mistake(
      "kind = Server", "expected server, client, internal, producer, consumer or unspecified after \"=\"",
      at: 7),
    Mistake("trace = 0123", "expected a trace id of 32 or 16 hex digits after \"=\"", at: 8),
    Mistake("trace = 0123456789abcdeg", "expected a trace id of 32 or 16 hex digits after \"=\"", at: 8),
    Mistake("sample", "expected a share such as 5% or 0.5% after \"sample\"", at: 6),
    Mistake("sample 5", "expected a share such as 5% or 0.5% after \"sample\"", at: 7),
    Mistake("sample five%", "expected a share such as 5% or 0.5% after \"sample\"", at: 7),
    Mistake("sample 0.0000000001%", "expected a share such as 5% or 0.5% after \"sample\"", at: 7),
    Mistake("sample 0%", "expected a share above 0% and up to 100% after \"sample\"", at: 7),
    Mistake("sample 100.1%", "expected a share above 0% and up to 100% after \"sample\"", at: 7),
  ]

  private static let attributes = [
    Mistake(
      "errors",
      "expected =, <, <=, > or >= after \"errors\"; write has in front to ask whether there is such "
        + "an attribute", at: 6),
    Mistake(
      "\"a b\" error",
      "expected =, <, <=, > or >= after \"a b\"; write has in front to ask whether there is "
        + "such an attribute", at: 6),
    Mistake("a =~ b", "expected =, <, <=, > or >= after \"a\"", at: 2),
    Mistake("a =", "expected a number, a text, true or false after \"=\"", at: 3),
    Mistake("a > b", "expected a number after \">\"; text is compared by = only", at: 4),
    Mistake("a < true", "expected a number after \"<\"; text is compared by = only", at: 4),
    Mistake("a >= \"1\"", "expected a number after \">=\"; text is compared by = only", at: 5),
    Mistake(
      "a = 9223372036854775808",
      "expected a number of 64 bits after \"=\"; digits that are meant as text are written in quotes", at: 4),
    Mistake(
      "a = 1e999",
      "expected a number of 64 bits after \"=\"; digits that are meant as text are written in quotes", at: 4),
    Mistake("has", "expected the key of an attribute, such as http.route after \"has\"", at: 3),
    Mistake("has and", "expected the key of an attribute, such as http.route after \"has\"", at: 4),
    Mistake("span. \"a\" = 1", "expected the key of an attribute after \"span.\"", at: 6),
    Mistake("resource. = 1", "expected the key of an attribute after \"resource.\"", at: 10),
  ]

  @Test(arguments: structure + values + attributes)
  func `a mistake is told with its place and what to do`(mistake: Mistake) {
    let error = #expect(throws: RuleError.self) { try KeepRule(parsing: mistake.rule) }
    let caret = String(repeating: " ", count: mistake.column + 2) + "^"
    #expect(error?.description == "--keep: \(mistake.message)\n  \(mistake.rule)\n\(caret)")
  }

  @Test(
    arguments: [
      ("name = é and duration > x", "name = é and duration > x", 24),
      // An accent of its own takes no column, an ideograph two, and so does a face.
      ("name = e\u{301} and x", "name = e\u{301} and x", 14),
      ("name = 検査 and x", "name = 検査 and x", 17),
      ("name = 🙂 and x", "name = 🙂 and x", 15),
      // What would move the cursor is written out.
      ("name = \u{1b}[2J\tand x", "name = \\u{1b}[2J\\u{9}and x", 26),
      ("name = \u{202e} and x", "name = \\u{202e} and x", 21),
    ] as [(String, String, Int)])
  func `the caret stands under the place whatever stands before it`(rule: String, shown: String, column: Int)
  {
    let error = #expect(throws: RuleError.self) { try KeepRule(parsing: rule) }
    let lines = error?.description.split(separator: "\n").dropFirst().map(String.init)
    #expect(lines == ["  " + shown, String(repeating: " ", count: column + 2) + "^"])
  }

  @Test func `of a long rule the part around the place is shown`() {
    let rule = String(repeating: "error or ", count: 20) + "? or " + String(repeating: "error or ", count: 20)
    let error = #expect(throws: RuleError.self) { try KeepRule(parsing: rule) }
    #expect(error?.position == 182)
    let left = "… or error or error or error or error or error or error or ? "
    #expect(
      error?.description.split(separator: "\n").dropFirst().map(String.init) == [
        "  \(left)or error or error or error or error or error or error or er…",
        String(repeating: " ", count: left.count + 2) + "^",
      ])
  }

  @Test func `a rule has a length, a depth and a number of conditions`() throws {
    func rule(_ conditionCount: Int) -> String {
      Array(repeating: "error", count: conditionCount).joined(separator: " or ")
    }
    func nested(_ depth: Int) -> String {
      String(repeating: "(not ", count: depth / 2) + "error" + String(repeating: ")", count: depth / 2)
    }
    let byteCountMax = 16 << 10
    for (allowed, refused, message, position) in [
      (
        rule(256), rule(257), "the rule has more than 256 conditions; give several --keep, which mean \"or\"",
        256 * 9
      ),
      (
        nested(32), nested(34),
        "parentheses and \"not\" stand more than 32 deep in one another; write it flatter", 16 * 5
      ),
      (
        "name = " + String(repeating: "x", count: byteCountMax - 7),
        "name = " + String(repeating: "x", count: byteCountMax - 6),
        "the rule has 16385 bytes, at most 16384 are allowed; give several --keep, which mean \"or\"", 0
      ),
    ] {
      _ = try KeepRule(parsing: allowed)
      let error = #expect(throws: RuleError.self) { try KeepRule(parsing: refused) }
      #expect(error?.message == message)
      #expect(error?.position == position)
      #expect(error?.description.count ?? 0 < 400)
    }
  }

  @Test func `more rules than anybody writes are refused`() throws {
    let rule = try KeepRule(parsing: "error")
    _ = try KeepRules(Array(repeating: rule, count: 256))
    let error = #expect(throws: RuleError.self) { try KeepRules(Array(repeating: rule, count: 257)) }
    #expect(
      error?.description == """
        --keep: there are 257 rules, at most 256 are allowed; join some of them with "or"
          error
          ^
        """)
  }
}
