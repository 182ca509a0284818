package import SpanModel

/// A span that a search found.
package struct FoundSpan: Sendable {
  /// Longer names and services are cut: the span itself has them whole.
  static let textByteCountMax = 1024

  package let traceID: TraceID
  package let spanID: UInt64
  /// Zero when it has none.
  package let parentID: UInt64
  package let start: UInt64
  package let end: UInt64
  package let isError: Bool
  /// As they came: not checked to be UTF-8. Empty where there is none.
  package let service: [UInt8]
  package let name: [UInt8]
  /// Tells it from spans that are not equal to it.
  let digest: SpanDigest
}
