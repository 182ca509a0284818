package import SpanEngine
package import SpanModel
internal import SpanQuery
internal import SpanWire

extension Store {
  /// Appends a request and waits until it is answered.
  package func append(_ bytes: [UInt8], lane: Int = 0) throws {
    var scratch = AppendScratch()
    let append = try prepare(RequestBuffer(bytes), scratch: &scratch)
    let sink = BlockingSink()
    try submit(append, token: 1, sink: sink, lane: lane)
    sink.wait(for: 1)
    if let error = sink.outcome(of: 1)?.error { throw error }
  }

  /// All spans of a trace, in the order they are returned.
  package func spans(of traceID: TraceID, tenant: UInt32 = 0, chunkByteCount: Int = 1 << 20) throws
    -> [GeneratedSpan]
  {
    let reader = TraceReader(
      store: self, traceID: traceID, tenant: tenant, chunkByteCount: chunkByteCount)
    var spans: [GeneratedSpan] = []
    while let chunk = try reader.nextChunk() {
      let decoded = try decodeAnswer(chunk.bytes)
      precondition(decoded.count == chunk.spanCount, "a chunk counts other spans than it has")
      spans += decoded
    }
    return spans
  }

  /// The ids of all traces.
  package func traceIDs(tenant: UInt32 = 0) throws -> [TraceID] {
    let reader = TraceIDReader(store: self, tenant: tenant)
    var ids: [TraceID] = []
    while let id = try reader.next() { ids.append(id) }
    return ids
  }
}

extension RequestBuffer {
  package convenience init(_ bytes: [UInt8]) {
    self.init(byteCount: bytes.count)
    bytes.withUnsafeBytes { append($0) }
  }
}
