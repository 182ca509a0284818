internal import SpanModel
internal import SpanWire

/// Spans that were taken out of a request before it was stored, because their trace is held.
struct RefusedSpans {
  /// All that are in the body as stored no more: held ones, and those refused for their ids.
  var spanCount = 0
  var heldSpanCount = 0
  /// The first of them, and where it stood in the request as it came.
  var first: SpanRejection?
  var holdVersion: UInt64 = 0
}

extension TraceHolds {
  /// Takes the spans of held traces out of a request that was scanned.
  ///
  /// They must not reach the disk: nothing of a deleted trace may, and whoever scans the stored request again
  /// must come to the same spans. So where there are any the request is put together anew without them, all
  /// other spans and their envelopes byte by byte as they were.
  ///
  /// - Returns: the request as it is to be stored, of which `batch` is then the scan, and what was left out.
  func withoutHeldSpans(
    _ body: consuming RequestBuffer, of tenant: UInt32, _ batch: inout SpanBatch, now: Timestamp
  ) throws(WireError) -> (RequestBuffer, RefusedSpans) {
    var refused = RefusedSpans()
    // Before the spans are looked at: should a hold begin meanwhile, the lane looks again.
    refused.holdVersion = version
    guard refused.holdVersion > 0, holdsSome(now: now) else { return (body, refused) }
    let held = held(of: Set(batch.spans.lazy.map(\.traceID)), tenant: tenant, now: now)
    guard !held.isEmpty, let first = batch.spans.first(where: { held.contains($0.traceID) }) else {
      return (body, refused)
    }
    refused.heldSpanCount = batch.spans.count { held.contains($0.traceID) }
    refused.spanCount = refused.heldSpanCount + batch.rejectedSpanCount
    let rejection = SpanRejection(reason: .traceDeleted, position: Int(first.slice.position))
    refused.first = [batch.firstRejection, rejection].compactMap(\.self).min { $0.position < $1.position }
    let request = RequestWithoutSpans(of: body.bytes, batch) { held.contains($0.traceID) }.bytes
    let stored = RequestBuffer(byteCount: request.count)
    request.withUnsafeBytes { stored.append($0) }
    try batch.scan(stored.bytes)
    return (stored, refused)
  }
}
