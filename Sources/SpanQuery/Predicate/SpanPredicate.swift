package import SpanModel

/// What is asked of a span: a tree of typed conditions.
///
/// A condition on something that the span does not have is false, and its `not` is true.
package indirect enum SpanPredicate: Equatable, Sendable {
  /// All of them; true when there are none.
  case and([SpanPredicate])
  /// Any of them; false when there are none.
  case or([SpanPredicate])
  case not(SpanPredicate)
  /// End less start; zero when the span ends before it starts.
  case duration(Comparison, nanoseconds: UInt64)
  /// The status code is error.
  case isError
  /// The resource's `service.name`.
  case service(String)
  case name(String)
  case kind(SpanKind)
  case trace(TraceID)
  /// The trace is in the share: its id alone decides.
  case sampled(SampleShare)
  /// An attribute of this key at one of these places has a value that compares so. A key that comes twice at
  /// one place, which OTLP forbids and protobuf lets through, matches by either value.
  case attribute(AttributePlaces, key: String, Comparison, AttributeValue)
  case hasAttribute(AttributePlaces, key: String)
}
