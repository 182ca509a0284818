extension SpanPredicate: CustomStringConvertible {
  /// A rule that says the same, with all text in quotes.
  package var description: String { text(within: .or) }

  /// How firmly a condition holds together; one that stands in a firmer one takes parentheses.
  private enum Binding: Int { case or, and, not }

  private func text(within binding: Binding) -> String {
    switch self {
    case .and(let parts): Self.joined(parts, "and", .and, within: binding)
    case .or(let parts): Self.joined(parts, "or", .or, within: binding)
    case .not(let part): "not \(part.text(within: .not))"
    default: conditionText
    }
  }

  private static func joined(
    _ parts: [SpanPredicate], _ word: String, _ own: Binding, within outer: Binding
  ) -> String {
    let text = parts.map { part in
      let text = part.text(within: own)
      return part.binding == own ? "(\(text))" : text
    }.joined(separator: " \(word) ")
    return outer.rawValue > own.rawValue ? "(\(text))" : text
  }

  private var binding: Binding? {
    switch self {
    case .and: .and
    case .or: .or
    default: nil
    }
  }

  private var conditionText: String {
    switch self {
    case .and, .or, .not: preconditionFailure("not a single condition")
    case .duration(let comparison, let nanoseconds):
      "duration \(comparison.rawValue) \(DurationText.text(nanoseconds: nanoseconds))"
    case .isError: "error"
    case .service(let name): "service = \(Self.quoted(name))"
    case .name(let name): "name = \(Self.quoted(name))"
    case .kind(let kind): "kind = \(kind.name)"
    case .trace(let traceID): "trace = \(traceID)"
    case .sampled(let share): "sample \(DecimalText.text(billionths: share.billionths))%"
    case .attribute(let places, let key, let comparison, let value):
      "\(Self.key(key, places)) \(comparison.rawValue) \(Self.text(of: value))"
    case .hasAttribute(let places, let key): "has \(Self.key(key, places))"
    }
  }

  private static func key(_ key: String, _ places: AttributePlaces) -> String {
    let place = AttributePlaces.named.first { $0.places == places }
    return (place.map { $0.name + "." } ?? "") + quoted(key)
  }

  private static func text(of value: AttributeValue) -> String {
    switch value {
    case .string(let text): quoted(text)
    case .int(let number): "\(number)"
    case .double(let number): "\(number)"
    case .bool(let isTrue): "\(isTrue)"
    }
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { "\\\"".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }
    return "\"\(escaped.joined())\""
  }
}
