import SpanModel
import SpanQuery

/// A request that is put together of spans that end one after the other.
struct EndOrderedRequest {
  private static let spanCountMax = 512
  private static let byteCountMax = 1 << 20
  /// Of the ends of its spans: with less of a second between them they may go out together.
  private static let durationMax: UInt64 = 1_000_000_000

  private var builder = TracesDataBuilder()
  private var envelopes: SpanEnvelopes?
  private var first: Timestamp?
  private var parts: [ReplayRequest.Part] = []

  var isEmpty: Bool { builder.spanCount == 0 }

  /// Whether another span belongs into the next request.
  func isFull(for span: EndOrder.Held) -> Bool {
    guard let first else { return false }
    if builder.spanCount >= Self.spanCountMax || builder.byteCount >= Self.byteCountMax { return true }
    return span.end > first && span.end.nanoseconds - first.nanoseconds > Self.durationMax
  }

  mutating func add(_ span: EndOrder.Held) {
    if envelopes !== span.envelopes {
      builder.begin(resource: span.envelopes.resource, scope: span.envelopes.scope)
      envelopes = span.envelopes
    }
    span.bytes.withUnsafeBytes { builder.add(span: $0) }
    first = first ?? span.end
    if parts.last?.sequence == span.sequence {
      parts[parts.count - 1].spanCount += 1
    } else {
      parts.append(ReplayRequest.Part(sequence: span.sequence, spanCount: 1))
    }
  }

  /// The request; empty afterwards.
  mutating func finish() -> ReplayRequest? {
    guard let time = first else { return nil }
    defer {
      first = nil
      envelopes = nil
      parts = []
    }
    let spanCount = builder.spanCount
    return ReplayRequest(bytes: builder.finish(), spanCount: spanCount, time: time, parts: parts)
  }
}
