/// Some whole spans of a trace.
package struct TraceChunk: Sendable {
  /// A serialized OTLP `TracesData`.
  package let bytes: [UInt8]
  package let spanCount: Int
  /// The trace has more spans than are compared with one another: equal ones may come twice.
  package let mayRepeat: Bool
}
