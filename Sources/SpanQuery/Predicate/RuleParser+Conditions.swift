internal import SpanModel

extension RuleParser {
  static let conditionExamples = "a condition such as error, duration > 1s or service = checkout"

  mutating func condition() throws(RuleError) -> SpanPredicate {
    guard token.isText else { throw expected(Self.conditionExamples) }
    let isWord = token.kind == .word
    switch token.text {
    case "error" where isWord: return try bare(.isError)
    case "duration" where isWord: return try duration()
    case "service" where isWord: return .service(try text("a service's name"))
    case "name" where isWord: return .name(try text("a span's name"))
    case "kind" where isWord: return try kind()
    case "trace" where isWord: return try trace()
    case "sample" where isWord: return try sample()
    case "has" where isWord: return try existence()
    default: return try attribute()
    }
  }

  private mutating func bare(_ predicate: SpanPredicate) throws(RuleError) -> SpanPredicate {
    try advance()
    return predicate
  }

  private mutating func duration() throws(RuleError) -> SpanPredicate {
    try advance()
    let comparison = try comparison()
    let what = "a duration such as 1s or 250ms"
    guard token.kind == .word, let duration = DurationText(token.text) else { throw expected(what) }
    guard let nanoseconds = duration.nanoseconds else {
      throw expected(what, advice: "\(quoted(token)) is too long, or no whole number of nanoseconds")
    }
    return try bare(.duration(comparison, nanoseconds: nanoseconds))
  }

  private mutating func kind() throws(RuleError) -> SpanPredicate {
    try advance()
    try equalitySign()
    guard token.isText, let kind = SpanKind.allCases.first(where: { $0.name == token.text }) else {
      throw expected("server, client, internal, producer, consumer or unspecified")
    }
    return try bare(.kind(kind))
  }

  private mutating func trace() throws(RuleError) -> SpanPredicate {
    try advance()
    try equalitySign()
    guard token.isText, [16, 32].contains(token.text.utf8.count), let traceID = TraceID(token.text) else {
      throw expected("a trace id of 32 or 16 hex digits")
    }
    return try bare(.trace(traceID))
  }

  private mutating func sample() throws(RuleError) -> SpanPredicate {
    try advance()
    guard token.kind == .word, token.text.hasSuffix("%"), let share = DecimalText(token.text.dropLast())
    else { throw expected("a share such as 5% or 0.5%") }
    guard share.billionths > 0, share.billionths <= UInt128(SampleShare.whole) else {
      throw expected("a share above 0% and up to 100%")
    }
    return try bare(.sampled(SampleShare(billionths: UInt64(share.billionths))))
  }

  private mutating func existence() throws(RuleError) -> SpanPredicate {
    try advance()
    guard token.isText else { throw expected("the key of an attribute, such as http.route") }
    let (places, key) = try attributeKey()
    return .hasAttribute(places, key: key)
  }

  /// The name behind a word and its `=`.
  private mutating func text(_ what: String) throws(RuleError) -> String {
    try advance()
    try equalitySign()
    guard token.isText else { throw expected(what) }
    let text = token.text
    try advance()
    return text
  }
}
