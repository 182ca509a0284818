internal import SpanWire

/// Puts spans back into their envelopes: a `TracesData` message, written front to back.
///
/// A `ResourceSpans` ends when the next span has another resource, a `ScopeSpans` when it has another scope.
package struct TracesDataBuilder {
  private var message = ProtobufWriter()
  private var resourceSpans = ProtobufWriter()
  private var scopeSpans = ProtobufWriter()
  package private(set) var spanCount = 0

  package init() {}

  /// Bytes so far, to within the tags and lengths still to be written.
  package var byteCount: Int { message.bytes.count + resourceSpans.bytes.count + scopeSpans.bytes.count }

  /// Begins a `ResourceSpans` and in it a `ScopeSpans`.
  package mutating func begin(resource: [UInt8], scope: [UInt8]) {
    endResource()
    resourceSpans.bytes.append(contentsOf: resource)
    scopeSpans.bytes.append(contentsOf: scope)
  }

  /// Begins another `ScopeSpans` in the same `ResourceSpans`.
  package mutating func begin(scope: [UInt8]) {
    endScope()
    scopeSpans.bytes.append(contentsOf: scope)
  }

  package mutating func add(span: UnsafeRawBufferPointer) {
    scopeSpans.writeBytes(span, field: 2)
    spanCount += 1
  }

  /// The message so far; the builder is empty afterwards.
  package mutating func finish() -> [UInt8] {
    endResource()
    spanCount = 0
    defer { message.bytes = [] }
    return message.bytes
  }

  private mutating func endScope() {
    guard !scopeSpans.bytes.isEmpty else { return }
    resourceSpans.writeBytes(scopeSpans.bytes, field: 2)
    scopeSpans.bytes.removeAll(keepingCapacity: true)
  }

  private mutating func endResource() {
    endScope()
    guard !resourceSpans.bytes.isEmpty else { return }
    message.writeBytes(resourceSpans.bytes, field: 1)
    resourceSpans.bytes.removeAll(keepingCapacity: true)
  }
}
