internal import SpanModel
internal import SpanWire

/// The newest of the spans that were found so far, equal ones once.
struct NewestSpans {
  private let limit: Int
  private let key: (UInt64, UInt64)
  /// The newest first.
  private(set) var spans: [FoundSpan] = []

  /// - Parameter key: of the hashes that tell equal spans.
  init(limit: Int, key: (UInt64, UInt64)) {
    self.limit = limit
    self.key = key
  }

  /// Whether no span with this start, or an earlier one, is wanted any more. One of the same start may be:
  /// ids decide then.
  func isBehindLast(_ start: UInt64) -> Bool {
    spans.count == limit && start < spans[limit - 1].start
  }

  mutating func add(
    _ traceID: TraceID, _ span: WireSpan, _ resource: UnsafeRawBufferPointer, _ scope: UnsafeRawBufferPointer
  ) {
    let digest = SpanDigest(
      key: key, span: span.bytes,
      envelopes: SpanDigest.envelopes(key: key, resource: resource, scope: scope))
    let service = ServiceName.bytes(in: resource) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    let found = FoundSpan(
      traceID: traceID, spanID: span.spanID, parentID: span.parentID, start: span.start, end: span.end,
      isError: span.isError, service: Array(service.prefix(FoundSpan.textByteCountMax)),
      name: Array(span.name.prefix(FoundSpan.textByteCountMax)), digest: digest)
    let place = place(of: found)
    if place < spans.count, spans[place].digest == digest { return }
    spans.insert(found, at: place)
    if spans.count > limit { spans.removeLast() }
  }

  /// Where a span belongs: the first place whose span does not come before it.
  private func place(of found: FoundSpan) -> Int {
    var low = 0
    var high = spans.count
    while low < high {
      let middle = (low + high) / 2
      if Self.comesBefore(spans[middle], found) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func comesBefore(_ left: FoundSpan, _ right: FoundSpan) -> Bool {
    if left.start != right.start { return left.start > right.start }
    return (left.traceID, left.spanID, left.digest) < (right.traceID, right.spanID, right.digest)
  }
}
