package import SpanModel
internal import SpanWire

extension SpanPredicate {
  /// Resources name their service by this key.
  static let serviceKey = "service.name"

  /// Whether it is true of `span`.
  ///
  /// Allocates nothing. Each condition on an attribute walks the span's attributes anew.
  package func matches(_ span: WireSpan) -> Bool {
    switch self {
    case .and(let parts): parts.allSatisfy { $0.matches(span) }
    case .or(let parts): parts.contains { $0.matches(span) }
    case .not(let part): !part.matches(span)
    case .duration(let comparison, let nanoseconds): comparison.holds(span.durationNanoseconds, nanoseconds)
    case .isError: span.isError
    case .service(let name): span.matches(.resource, Self.serviceKey, .equal, .string(name))
    case .name(let name): span.name.elementsEqual(name)
    case .kind(let kind): span.kind == kind.rawValue
    case .trace(let traceID): span.traceID == traceID
    case .sampled(let share): share.contains(span.traceID)
    case .attribute(let places, let key, let comparison, let value):
      span.matches(places, key, comparison, value)
    case .hasAttribute(let places, let key): span.hasAttribute(places, key: key) { _ in true }
    }
  }

  /// Whether it is true of every span, or of none, of the trace with this id.
  ///
  /// - Returns: `nil` when that depends on the span.
  package func isDecided(by traceID: TraceID) -> Bool? {
    switch self {
    case .and(let parts): Self.combined(parts, decisive: false) { $0.isDecided(by: traceID) }
    case .or(let parts): Self.combined(parts, decisive: true) { $0.isDecided(by: traceID) }
    case .not(let part): part.isDecided(by: traceID).map { !$0 }
    case .trace(let asked): asked == traceID
    case .sampled(let share): share.contains(traceID)
    case .duration, .isError, .service, .name, .kind, .attribute, .hasAttribute: nil
    }
  }

  /// One part that is `decisive` decides; otherwise all must be decided.
  static func combined(
    _ parts: [SpanPredicate], decisive: Bool, _ decide: (SpanPredicate) -> Bool?
  ) -> Bool? {
    var result: Bool? = !decisive
    for part in parts {
      let decision = decide(part)
      if decision == decisive { return decisive }
      if decision == nil { result = nil }
    }
    return result
  }
}

extension WireSpan {
  fileprivate func matches(
    _ places: AttributePlaces, _ key: String, _ comparison: Comparison, _ value: AttributeValue
  ) -> Bool {
    hasAttribute(places, key: key) { value.holds(comparison, $0.value) }
  }
}
