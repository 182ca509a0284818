internal import SpanModel
internal import SpanWire

extension SealSource {
  /// How many runs ahead the places of spans are asked for, and how many the spans.
  private static let placesAhead = 12
  private static let spansAhead = 4
  private static let cacheLineByteCount = 64

  /// Hands all spans that are held to `encoder`, trace by trace, and lets go of them.
  func drain(into encoder: SegmentEncoder) throws {
    runs.withUnsafeMutableBufferPointer { runs in
      runs.sort { left, right in
        if left.hash != right.hash { return left.hash < right.hash }
        return (left.traceHigh, left.traceLow, left.first) < (right.traceHigh, right.traceLow, right.first)
      }
    }
    var ofTrace: [SealedSpan] = []
    var next = 0
    while next < runs.count {
      let run = runs[next]
      prefetch(behind: next)
      ofTrace.removeAll(keepingCapacity: true)
      while next < runs.count, runs[next].traceHigh == run.traceHigh, runs[next].traceLow == run.traceLow {
        let first = Int(runs[next].first)
        ofTrace.append(contentsOf: spans[first..<first + Int(runs[next].count)])
        next += 1
      }
      ofTrace.withUnsafeMutableBufferPointer { spans in
        // Arrivals of one id stay in their order, so that the same input gives the same bytes.
        spans.sort { ($0.spanID, $0.record) < ($1.spanID, $1.record) }
      }
      encoder.beginTrace(TraceID(high: run.traceHigh, low: run.traceLow), hash: run.hash)
      for span in ofTrace {
        try encoder.add(
          UnsafeRawBufferPointer(start: span.bytes, count: Int(span.byteCount)), scope: span.scope,
          record: span.record)
      }
      try encoder.endTrace()
    }
    letGo()
  }
}

extension SealSource {
  /// Asks for what is needed soon: what lies next to each other in a file belongs to traces far apart.
  @inline(__always)
  private func prefetch(behind next: Int) {
    if next + Self.placesAhead < runs.count {
      let first = Int(runs[next + Self.placesAhead].first)
      spans.withUnsafeBufferPointer { spans in
        if let base = spans.baseAddress { Prefetch.line(at: UnsafeRawPointer(base + first)) }
      }
    }
    guard next + Self.spansAhead < runs.count else { return }
    let run = runs[next + Self.spansAhead]
    for place in Int(run.first)..<Int(run.first) + Int(run.count) {
      let span = spans[place]
      for byte in stride(from: 0, to: min(Int(span.byteCount), 1024), by: Self.cacheLineByteCount) {
        Prefetch.line(at: span.bytes + byte)
      }
    }
  }
}
