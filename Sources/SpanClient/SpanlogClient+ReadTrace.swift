public import SpanModel
internal import SpanWire

extension SpanlogClient {
  /// Reads a trace, or a page of it.
  ///
  /// - Parameters:
  ///   - traceID: the trace; an unknown one has no chunks, which is no error.
  ///   - skip: spans of the trace to leave out at the front.
  ///   - limit: spans to return at most; 0 means all.
  /// - Returns: the trace's spans in chunks of OTLP `TracesData`. Nothing is asked for before iteration.
  public func readTrace(_ traceID: TraceID, skip: UInt64 = 0, limit: UInt64 = 0) -> TraceChunks {
    let request = ReadTraceRequest(traceID: traceID, skip: skip, limit: limit)
    return TraceChunks(connection: connection, request: request.encoded)
  }

  /// Reads every trace of the store, one after the other in no promised order; no chunk holds spans of two.
  ///
  /// Traces that are appended to meanwhile may or may not show what was added.
  public func readAll() -> TraceChunks {
    var request = ReadTraceRequest()
    request.all = true
    return TraceChunks(connection: connection, request: request.encoded)
  }
}
