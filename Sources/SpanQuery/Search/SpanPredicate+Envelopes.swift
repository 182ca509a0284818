extension SpanPredicate {
  /// What the envelopes of a span decide, whatever the span itself is.
  ///
  /// - Returns: `nil` when that depends on the span.
  func isDecided(byResource resource: UnsafeRawBufferPointer, scope: UnsafeRawBufferPointer) -> Bool? {
    switch self {
    case .and(let parts):
      Self.combined(parts, decisive: false) { $0.isDecided(byResource: resource, scope: scope) }
    case .or(let parts):
      Self.combined(parts, decisive: true) { $0.isDecided(byResource: resource, scope: scope) }
    case .not(let part): part.isDecided(byResource: resource, scope: scope).map { !$0 }
    case .service: matches(Self.noSpan(resource, scope))
    case .attribute(let places, let key, let comparison, let value):
      Self.decision(
        places, .attribute(places.subtracting(.span), key: key, comparison, value), resource, scope)
    case .hasAttribute(let places, let key):
      Self.decision(places, .hasAttribute(places.subtracting(.span), key: key), resource, scope)
    case .duration, .isError, .name, .kind, .trace, .sampled: nil
    }
  }

  /// - Parameter envelopeCondition: the same condition, but for what it asks of the span.
  private static func decision(
    _ places: AttributePlaces, _ envelopeCondition: SpanPredicate, _ resource: UnsafeRawBufferPointer,
    _ scope: UnsafeRawBufferPointer
  ) -> Bool? {
    if envelopeCondition.matches(noSpan(resource, scope)) { return true }
    return places.contains(.span) ? nil : false
  }

  private static func noSpan(_ resource: UnsafeRawBufferPointer, _ scope: UnsafeRawBufferPointer) -> WireSpan
  {
    WireSpan(span: UnsafeRawBufferPointer(start: nil, count: 0), resource: resource, scope: scope)
  }
}
