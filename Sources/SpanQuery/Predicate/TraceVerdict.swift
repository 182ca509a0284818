internal import SpanModel

/// Whether one trace is to be kept, found while its spans pass by one after the other, in any order.
package struct TraceVerdict: Sendable {
  private let predicate: SpanPredicate
  /// Whether the trace is to be kept, by what was seen of it so far.
  package private(set) var isKept: Bool
  /// Whether no span can change that any more.
  package private(set) var isFinal: Bool

  init(_ predicate: SpanPredicate, _ traceID: TraceID) {
    self.predicate = predicate
    let decision = predicate.isDecided(by: traceID)
    isKept = decision ?? false
    isFinal = decision != nil
  }

  /// Takes one more span of the trace into account.
  package mutating func take(_ span: WireSpan) {
    if isFinal || !predicate.matches(span) { return }
    isKept = true
    isFinal = true
  }
}
