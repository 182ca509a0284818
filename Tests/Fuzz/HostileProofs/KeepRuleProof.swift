internal import SpanModel
internal import SpanQuery
internal import SpanTestKit
internal import SpanWire

/// Any text is a rule or a mistake that is shown with its place, and any bytes are judged by a rule, the same
/// by one that was written out and read again.
package struct KeepRuleProof: FuzzProof {
  /// What rules are made of, whole and in parts.
  private static let pieces = [
    "error", "duration > 1s", "duration<=250ms", "service = checkout", "name=\"GET /x\"", "kind = server",
    "http.status_code >= 500", "a = 2.5", "a = true", "'a b' = \"c\\\"\"", "span.a = x",
    "resource.\"k\" = -1",
    "has scope.a", "trace = 0000000000000007000000000000000b", "trace = d269b633813fc60c", "sample 50%",
    "sample 0.5%", "and", "or", "not", "(", ")", "=", ">", "duration", "sample", "\"", "é", "検",
  ]
  /// Written out a rule is up to four times as long: so it stays within what a rule may have.
  private static let ruleByteCountMax = 2048

  package init() {}

  /// A condition or more, most often joined as they should be, and a span with its envelopes.
  package static func seed(_ number: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: number)
    func piece(_ range: Range<Int>) -> String { pieces[Int.random(in: range, using: &random)] }
    let words = (0..<Int.random(in: 1...6, using: &random)).flatMap { index -> [String] in
      if random.once(in: 8) { return [piece(0..<pieces.count)] }
      return (index == 0 ? [] : [piece(17..<19)]) + (random.once(in: 4) ? ["not"] : []) + [piece(0..<17)]
    }
    let rule = Array(words.joined(separator: " ").utf8)
    var generator = RequestGenerator(seed: number)
    let span = generator.request().spans[0]
    let attributes = Self.attributes(&random)
    return [UInt8(rule.count & 0xff), UInt8(rule.count >> 8)] + rule
      + [UInt8(truncatingIfNeeded: span.resource.count), 0] + span.resource
      + [UInt8(truncatingIfNeeded: span.scope.count), 0] + span.scope + span.bytes + attributes
  }

  private static func attributes(_ random: inout SeededRandom) -> [UInt8] {
    var span = ProtobufWriter()
    span.writeUInt64(random.next() % 6, field: 6)
    span.writeBytes([0x18, UInt8(random.next() % 3)], field: 15)
    for key in ["a", "k", "http.status_code"] {
      var (value, attribute) = (ProtobufWriter(), ProtobufWriter())
      value.writeUInt64(random.next() % 1000, field: UInt32(2 + random.next() % 2))
      attribute.writeString(key, field: 1)
      attribute.writeBytes(value.bytes, field: 2)
      span.writeBytes(attribute.bytes, field: 9)
    }
    return span.bytes
  }

  package mutating func fault(in input: UnsafeRawBufferPointer) -> String? {
    var script = ScriptReader(input)
    let text = String(decoding: script.bytes(min(script.number(), Self.ruleByteCountMax)), as: UTF8.self)
    let resource = script.bytes(script.number())
    let scope = script.bytes(script.number())
    let span = script.bytes(input.count)
    let rule: KeepRule
    do throws(RuleError) { rule = try KeepRule(parsing: text) } catch {
      return Self.fault(in: error, of: text)
    }
    guard let again = try? KeepRule(parsing: rule.predicate.description), again.predicate == rule.predicate
    else { return "\(rule.predicate) is not read as it was written" }
    return Self.fault(
      of: rule, again.predicate, WireSpan(span: span, resource: resource, scope: scope), traceID(of: span))
  }

  private static func fault(in error: RuleError, of text: String) -> String? {
    guard error.rule == text, (0...text.utf8.count).contains(error.position), !error.message.isEmpty else {
      return "a mistake at \(error.position) of \(text.utf8.count) bytes"
    }
    let lines = error.description.split(separator: "\n", omittingEmptySubsequences: false)
    // 60 characters on each side, of which one may be written out with ten.
    guard lines.count == 3, lines[2].last == "^", lines.allSatisfy({ $0.utf8.count < 2048 }) else {
      return "a mistake is told in \(lines.count) lines"
    }
    return nil
  }

  private static func fault(
    of rule: KeepRule, _ again: SpanPredicate, _ span: WireSpan, _ traceID: TraceID
  ) -> String? {
    let isTrue = rule.predicate.matches(span)
    if again.matches(span) != isTrue { return "\(rule.predicate) is judged otherwise when read again" }
    if SpanPredicate.not(rule.predicate).matches(span) == isTrue {
      return "\(rule.predicate) and its not agree"
    }
    guard var verdict = try? KeepRules([rule]).verdict(on: traceID) else { return "one rule is too many" }
    if verdict.isFinal && verdict.isKept != isTrue { return "\(rule.predicate) is decided against the span" }
    verdict.take(span)
    return verdict.isKept == isTrue ? nil : "the verdict on \(rule.predicate) is not that on the only span"
  }

  private func traceID(of span: UnsafeRawBufferPointer) -> TraceID {
    var fields = SpanFields()
    do throws(WireError) { try fields.read(ProtobufCursor(span)) } catch {}
    return fields.traceIDByteCount == TraceID.byteCount
      ? TraceID(high: fields.traceHigh, low: fields.traceLow) : .zero
  }
}
