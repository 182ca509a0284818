import Foundation
import SpanModel
import SpanProto
import SpanQuery
import SpanWire
import SwiftProtobuf
import Testing

struct SpanPredicateTests {
  private static let traceID = TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c)

  /// A call of a shop's checkout that took 2.5 s and failed.
  private static func checkout() throws -> SpanSample {
    let span = ProtoSpan.with {
      $0.traceID = Data(traceID)
      $0.name = "POST /cart"
      $0.kind = .server
      $0.startTimeUnixNano = 1_000
      $0.endTimeUnixNano = 2_500_001_000
      $0.status.code = .error
      $0.attributes = [
        .pair("http.status_code", .int(500)), .pair("ratio", .double(0.25)), .pair("whole", .double(500)),
        .pair("cached", .bool(false)), .pair("user", .text("ünal")), .pair("none", AnyValue()),
        .pair("twice", .int(1)), .pair("twice", .text("two")), .pair("large", .int(.max)),
        .pair("list", .with { $0.arrayValue.values = [.int(7)] }), .pair("", .int(0)),
      ]
    }
    let resource = ResourceSpans.with {
      $0.resource.attributes = [.pair("host", .text("a")), .pair("service.name", .text("checkout"))]
    }
    let scope = ScopeSpans.with {
      $0.scope.name = "library"
      $0.scope.attributes = [.pair("short", .bool(true))]
    }
    return try SpanSample(span, resource: resource, scope: scope)
  }

  @Test(
    arguments: [
      "error", "duration = 2.5s", "duration > 2s", "duration >= 2500ms", "duration <= 2.5s", "duration < 3s",
      "service = checkout", "name = \"POST /cart\"", "kind = server",
      "trace = 0af7651916cd43dd8448eb211c80319c", "sample 100%", "sample 65%",
      "http.status_code = 500", "http.status_code = 500.0", "http.status_code > 499.5",
      "http.status_code < 500.5", "http.status_code >= 500", "whole = 500", "whole <= 500", "ratio = 0.25",
      "ratio = 2.5e-1", "ratio > 0", "ratio < 1", "cached = false", "user = ünal", "twice = 1", "twice = two",
      "large = 9223372036854775807", "large < 9223372036854775808.0", "\"\" = 0",
      "span.user = ünal", "resource.host = a", "host = a", "scope.short = true", "short = true",
      "resource.service.name = checkout", "has none", "has list", "has span.list", "has resource.host",
      "not duration > 3s", "error and kind = server", "kind = client or kind = server",
    ])
  func `a rule is true of the span it describes`(rule: String) throws {
    let predicate = try KeepRule(parsing: rule).predicate
    #expect(try Self.checkout().matches(predicate))
    #expect(try !Self.checkout().matches(.not(predicate)))
  }

  @Test(
    arguments: [
      "not error", "duration = 2s", "duration < 2.5s", "duration > 2.5s", "duration >= 2501ms",
      "service = Checkout", "service = check", "name = POST", "name = \"\"", "kind = client",
      "kind = unspecified", "trace = 8448eb211c80319c", "sample 64%",
      "http.status_code = 404", "http.status_code = \"500\"", "http.status_code = true",
      "http.status_code > 500", "whole > 500", "ratio = 0", "cached = true", "cached = 0",
      "user = u\u{308}nal", "user = unal", "none = \"\"", "none = 0", "list = 7",
      "large = 9223372036854775807.0", "large > 9.3e18", "twice = 2", "resource.user = ünal", "span.host = a",
      "span.short = true", "has missing", "has resource.user", "has \"span.user\"", "missing = 1",
    ])
  func `a rule is false of a span it does not describe`(rule: String) throws {
    let predicate = try KeepRule(parsing: rule).predicate
    #expect(try !Self.checkout().matches(predicate))
    #expect(try Self.checkout().matches(.not(predicate)))
  }

  @Test(arguments: [
    "duration = 0ns", "kind = unspecified", "name = \"\"", "not error", "not has a", "not service = \"\"",
  ])
  func `of a span of no bytes nothing is true but what zero and nothing are`(rule: String) throws {
    #expect(SpanSample().matches(try KeepRule(parsing: rule).predicate))
  }

  @Test func `a span that ends before it starts took no time`() throws {
    let span = try SpanSample(
      .with {
        $0.startTimeUnixNano = 10
        $0.endTimeUnixNano = 9
      })
    #expect(span.matches(.duration(.equal, nanoseconds: 0)))
  }

  /// Protobuf: of a field that may come once the last counts, and a message that comes again is merged.
  @Test func `what comes in pieces counts as protobuf says`() {
    func message(_ field: UInt32, _ parts: [UInt8]...) -> [UInt8] {
      var writer = ProtobufWriter()
      writer.writeBytes(parts.flatMap(\.self), field: field)
      return writer.bytes
    }
    func text(_ field: UInt32, _ text: String) -> [UInt8] { message(field, Array(text.utf8)) }
    func attribute(_ key: String, _ value: String) -> [UInt8] {
      message(1, text(1, key), message(2, text(1, value)))
    }
    let span =
      text(5, "first") + message(15, [0x18, 2]) + text(5, "last") + message(15, text(2, "no code"))
      + message(9, text(1, "old"), message(2, text(1, "old")), message(2, [0x18, 7]), text(1, "key"))
      + message(9, text(1, "kept"), message(2, text(1, "kept")), message(2))
    let resource =
      message(1, attribute("a", "1")) + text(3, "schema") + message(1, attribute("service.name", "late"))
    let sample = SpanSample(span: span, resource: resource)
    for isTrue: SpanPredicate in [
      .name("last"), .isError, .service("late"), .attribute(.resource, key: "a", .equal, .string("1")),
      .attribute(.span, key: "key", .equal, .int(7)), .not(.hasAttribute(.anywhere, key: "old")),
      .attribute(.span, key: "kept", .equal, .string("kept")),
    ] { #expect(sample.matches(isTrue), "\(isTrue)") }
  }

  /// 2^53 + 1 is the first whole number that a `Double` rounds.
  @Test(
    arguments: [
      (9_007_199_254_740_993, 9_007_199_254_740_992, .greater), (.max, 0x1p63, .less),
      (.min, -0x1p63, .equal),
      (.min, -0x1.8p63, .greater), (0, -0.0, .equal), (-1, -1.5, .greater), (1, 1.5, .less),
      (.max, .infinity, .less), (.min, -.infinity, .greater),
    ] as [(Int64, Double, Comparison)])
  func `whole and broken numbers are compared without rounding`(int: Int64, double: Double, order: Comparison)
    throws
  {
    let ints = try SpanSample(.with { $0.attributes = [.pair("a", .int(int))] })
    let doubles = try SpanSample(.with { $0.attributes = [.pair("a", .double(double))] })
    for comparison in Comparison.allCases {
      let (left, right) = order == .less ? (0, 1) : order == .greater ? (1, 0) : (0, 0)
      let asked = (
        ints.matches(.attribute(.span, key: "a", comparison, .double(double))),
        doubles.matches(.attribute(.span, key: "a", comparison, .int(int)))
      )
      #expect(asked == (comparison.holds(left, right), comparison.holds(right, left)))
    }
  }

  @Test func `what is not a number compares with nothing`() throws {
    let sample = try SpanSample(.with { $0.attributes = [.pair("a", .double(.nan)), .pair("b", .int(1))] })
    for comparison in Comparison.allCases {
      for value in [AttributeValue.int(1), .double(.nan), .double(1)] {
        #expect(!sample.matches(.attribute(.span, key: "a", comparison, value)))
      }
      #expect(!sample.matches(.attribute(.span, key: "b", comparison, .double(.nan))))
    }
  }

  @Test func `all of nothing is true, any of nothing is not`() {
    #expect(SpanSample().matches(.and([])))
    #expect(!SpanSample().matches(.or([])))
  }
}
