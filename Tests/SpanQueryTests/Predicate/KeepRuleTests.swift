import SpanModel
import SpanQuery
import Testing

struct KeepRuleTests {
  private static let http = "http.status_code"

  @Test(
    arguments: [
      ("error", .isError),
      ("duration > 1s", .duration(.greater, nanoseconds: 1_000_000_000)),
      ("duration>=1.5s", .duration(.greaterOrEqual, nanoseconds: 1_500_000_000)),
      ("duration < 7ns", .duration(.less, nanoseconds: 7)),
      ("duration <= 0.5us", .duration(.lessOrEqual, nanoseconds: 500)),
      ("duration = 3\u{b5}s", .duration(.equal, nanoseconds: 3_000)),
      ("duration = 3\u{3bc}s", .duration(.equal, nanoseconds: 3_000)),
      ("duration > 250ms", .duration(.greater, nanoseconds: 250_000_000)),
      ("duration > 2m", .duration(.greater, nanoseconds: 120_000_000_000)),
      ("duration > 1h", .duration(.greater, nanoseconds: 3_600_000_000_000)),
      ("duration > 0s", .duration(.greater, nanoseconds: 0)),
      ("duration < 18446744073.709551615s", .duration(.less, nanoseconds: .max)),
      ("service = checkout", .service("checkout")),
      ("service = 'a \"b\" \\' \\\\'", .service("a \"b\" ' \\")),
      ("service = true", .service("true")),
      ("service = \"and\"", .service("and")),
      ("service=\"\"", .service("")),
      ("name = \"GET /x\"", .name("GET /x")),
      ("name = GET/日本", .name("GET/日本")),
      ("kind = server", .kind(.server)),
      ("kind = unspecified", .kind(.unspecified)),
      ("trace = 0af7651916cd43dd8448EB211C80319C", .trace(TraceID("0af7651916cd43dd8448eb211c80319c")!)),
      ("trace = d269b633813fc60c", .trace(TraceID(high: 0, low: 0xd269_b633_813f_c60c))),
      ("sample 5%", .sampled(SampleShare(billionths: 5_000_000_000))),
      ("sample 0.5%", .sampled(SampleShare(billionths: 500_000_000))),
      ("sample 0.000000001%", .sampled(SampleShare(billionths: 1))),
      ("sample 100%", .sampled(SampleShare(billionths: SampleShare.whole))),
    ] as [(String, SpanPredicate)])
  func `a condition means what it says`(rule: String, predicate: SpanPredicate) throws {
    #expect(try KeepRule(parsing: rule).predicate == predicate)
  }

  @Test(
    arguments: [
      ("http.status_code = 500", .attribute(.anywhere, key: http, .equal, .int(500))),
      ("http.status_code>=+500", .attribute(.anywhere, key: http, .greaterOrEqual, .int(500))),
      ("a = -1.5", .attribute(.anywhere, key: "a", .equal, .double(-1.5))),
      ("a < 1e3", .attribute(.anywhere, key: "a", .less, .double(1000))),
      ("a = true", .attribute(.anywhere, key: "a", .equal, .bool(true))),
      ("a = false", .attribute(.anywhere, key: "a", .equal, .bool(false))),
      ("a = \"true\"", .attribute(.anywhere, key: "a", .equal, .string("true"))),
      ("a = \"500\"", .attribute(.anywhere, key: "a", .equal, .string("500"))),
      ("a = text", .attribute(.anywhere, key: "a", .equal, .string("text"))),
      ("a = 10.0.0.1", .attribute(.anywhere, key: "a", .equal, .string("10.0.0.1"))),
      ("a = 0x10", .attribute(.anywhere, key: "a", .equal, .string("0x10"))),
      ("a = nan", .attribute(.anywhere, key: "a", .equal, .string("nan"))),
      ("a = -", .attribute(.anywhere, key: "a", .equal, .string("-"))),
      ("\"quoted key\" = \"text\"", .attribute(.anywhere, key: "quoted key", .equal, .string("text"))),
      ("\"error\" = true", .attribute(.anywhere, key: "error", .equal, .bool(true))),
      ("span.a = 1", .attribute(.span, key: "a", .equal, .int(1))),
      ("resource.\"a b\" = 1", .attribute(.resource, key: "a b", .equal, .int(1))),
      ("scope.a.b = 1", .attribute(.scope, key: "a.b", .equal, .int(1))),
      ("\"span.a\" = 1", .attribute(.anywhere, key: "span.a", .equal, .int(1))),
      ("spanner.a = 1", .attribute(.anywhere, key: "spanner.a", .equal, .int(1))),
      ("has exception.type", .hasAttribute(.anywhere, key: "exception.type")),
      ("has span.a", .hasAttribute(.span, key: "a")),
      ("has \"name\"", .hasAttribute(.anywhere, key: "name")),
    ] as [(String, SpanPredicate)])
  func `a condition on an attribute means what it says`(rule: String, predicate: SpanPredicate) throws {
    #expect(try KeepRule(parsing: rule).predicate == predicate)
  }

  @Test(
    arguments: [
      ("error and kind = server or name = a", .or([.and([.isError, .kind(.server)]), .name("a")])),
      ("error or kind = server and name = a", .or([.isError, .and([.kind(.server), .name("a")])])),
      ("(error or kind = server) and name = a", .and([.or([.isError, .kind(.server)]), .name("a")])),
      ("not error and name = a", .and([.not(.isError), .name("a")])),
      ("not (error and name = a)", .not(.and([.isError, .name("a")]))),
      ("not not error", .not(.not(.isError))),
      ("((error))", .isError),
      ("error and error and error", .and([.isError, .isError, .isError])),
      ("\n(error)or(error)\t", .or([.isError, .isError])),
    ] as [(String, SpanPredicate)])
  func `not binds most, then and, then or`(rule: String, predicate: SpanPredicate) throws {
    #expect(try KeepRule(parsing: rule).predicate == predicate)
  }

  @Test(
    arguments: [
      ("error or(error  and(error or not(not error)))", "error or error and (error or not not error)"),
      ("error and (error and error)", "error and (error and error)"),
      ("error or (error or error)", "error or (error or error)"),
      ("not (error or error)", "not (error or error)"),
      ("duration > 1500ms", "duration > 1500ms"),
      ("duration > 120s", "duration > 2m"),
      ("duration > 0h", "duration > 0ns"),
      ("sample 0.50%", "sample 0.5%"),
      ("name='it\\'s \"x\\\\'", #"name = "it's \"x\\""#),
      ("span.a=2.50 or has resource.b or c=false", #"span."a" = 2.5 or has resource."b" or "c" = false"#),
      ("trace = d269b633813fc60c", "trace = 0000000000000000d269b633813fc60c"),
    ])
  func `a rule is written as one that means the same`(rule: String, text: String) throws {
    let predicate = try KeepRule(parsing: rule).predicate
    #expect(predicate.description == text)
    #expect(try KeepRule(parsing: text).predicate == predicate)
  }
}
