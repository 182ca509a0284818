internal import Foundation
package import SpanModel
internal import SpanWire

/// Makes OTLP requests by seed, and knows what is in them without scanning them.
package struct RequestGenerator {
  package struct Shape: Sendable {
    package var resources = 1...2
    package var scopes = 1...2
    package var spans = 1...6
    /// Of the name and of each attribute value.
    package var textByteCount = 0...40
    /// Ids are drawn from these, so that traces grow over several requests.
    package var traceIDs = (1...20).map { TraceID(high: 7, low: $0) }

    package init() {}
  }

  package var random: SeededRandom
  package var shape: Shape

  package init(seed: UInt64, shape: Shape = Shape()) {
    random = SeededRandom(seed: seed)
    self.shape = shape
  }

  /// One request and the spans that stand in it.
  package mutating func request() -> GeneratedRequest {
    var message = ProtobufWriter()
    var spans: [GeneratedSpan] = []
    for _ in 0..<Int.random(in: shape.resources, using: &random) {
      var resourceSpans = ProtobufWriter()
      let resource = envelope(field: 1)
      resourceSpans.bytes += resource
      for _ in 0..<Int.random(in: shape.scopes, using: &random) {
        let scope = envelope(field: 1)
        var scopeSpans = ProtobufWriter()
        scopeSpans.bytes += scope
        for _ in 0..<Int.random(in: shape.spans, using: &random) {
          let span = span()
          scopeSpans.writeBytes(span.bytes, field: 2)
          spans.append(
            GeneratedSpan(traceID: span.traceID, bytes: span.bytes, resource: resource, scope: scope))
        }
        resourceSpans.writeBytes(scopeSpans.bytes, field: 2)
      }
      message.writeBytes(resourceSpans.bytes, field: 1)
    }
    return GeneratedRequest(bytes: message.bytes, spans: spans)
  }

  private mutating func envelope(field: UInt32) -> [UInt8] {
    var inner = ProtobufWriter()
    inner.writeString(text(), field: 1)
    var outer = ProtobufWriter()
    outer.writeBytes(inner.bytes, field: field)
    return outer.bytes
  }

  private mutating func span() -> (traceID: TraceID, bytes: [UInt8]) {
    let traceID = shape.traceIDs[Int.random(in: 0..<shape.traceIDs.count, using: &random)]
    var span = ProtobufWriter()
    span.writeBytes(bigEndian(traceID.high) + bigEndian(traceID.low), field: 1)
    span.writeBytes(bigEndian(UInt64.random(in: 1 ... .max, using: &random)), field: 2)
    span.writeString(text(), field: 5)
    span.writeTag(7, .fixed64)
    span.bytes += bigEndian(random.next())
    return (traceID, span.bytes)
  }

  private mutating func text() -> String {
    let count = Int.random(in: shape.textByteCount, using: &random)
    return String(
      decoding: (0..<count).map { _ in UInt8.random(in: 97...122, using: &random) }, as: UTF8.self)
  }

  private func bigEndian(_ number: UInt64) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}

package struct GeneratedRequest: Sendable {
  package let bytes: [UInt8]
  package let spans: [GeneratedSpan]

  package init(bytes: [UInt8], spans: [GeneratedSpan]) {
    self.bytes = bytes
    self.spans = spans
  }
}

package struct GeneratedSpan: Sendable {
  package let traceID: TraceID
  package let bytes: [UInt8]
  package let resource: [UInt8]
  package let scope: [UInt8]

  package init(traceID: TraceID, bytes: [UInt8], resource: [UInt8], scope: [UInt8]) {
    self.traceID = traceID
    self.bytes = bytes
    self.resource = resource
    self.scope = scope
  }
}

/// Compared by the hundred million: by `memcmp`, and hashed by its beginning, where both its ids stand.
extension GeneratedSpan: Hashable {
  private static let hashedByteCount = 28

  package static func == (left: GeneratedSpan, right: GeneratedSpan) -> Bool {
    isEqual(left.bytes, right.bytes) && isEqual(left.scope, right.scope)
      && isEqual(left.resource, right.resource)
  }

  private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in
        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
        return memcmp(first, second, left.count) == 0
      }
    }
  }

  package func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { bytes in
      hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.hashedByteCount)))
    }
  }
}
