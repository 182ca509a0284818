internal import SpanModel
internal import SpanWire

/// Puts spans that were taken out of a request back into one: in their envelopes, each envelope once.
struct RebuiltRequest {
  /// Spans of each scope, in order of arrival as far as that is known.
  private var spans: [Int: ProtobufWriter] = [:]
  private(set) var spanCount = 0
  private(set) var byteCount = 0

  /// - Parameter scope: a number by which `bytes` finds the envelopes.
  mutating func add(_ span: UnsafeRawBufferPointer, scope: Int) {
    let before = spans[scope]?.bytes.count ?? 0
    spans[scope, default: ProtobufWriter()].writeBytes(span, field: 2)
    byteCount += (spans[scope]?.bytes.count ?? 0) - before
    spanCount += 1
  }

  /// The request.
  ///
  /// - Parameter envelopes: of a scope the number of its resource, and the bytes of both.
  func bytes(_ envelopes: (Int) -> (resource: Int, resourceBytes: [UInt8], scopeBytes: [UInt8])) -> [UInt8] {
    let scopes = spans.keys.map { ($0, envelopes($0)) }.sorted {
      ($0.1.resource, $0.0) < ($1.1.resource, $1.0)
    }
    var request = ProtobufWriter()
    var resourceSpans = ProtobufWriter()
    for (place, (scope, envelope)) in scopes.enumerated() {
      if place == 0 || scopes[place - 1].1.resource != envelope.resource {
        if place > 0 { request.writeBytes(resourceSpans.bytes, field: 1) }
        resourceSpans.bytes = envelope.resourceBytes
      }
      resourceSpans.writeBytes(envelope.scopeBytes + (spans[scope]?.bytes ?? []), field: 2)
    }
    if !scopes.isEmpty { request.writeBytes(resourceSpans.bytes, field: 1) }
    return request.bytes
  }
}
