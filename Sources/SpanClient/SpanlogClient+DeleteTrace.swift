public import SpanModel
internal import SpanWire

extension SpanlogClient {
  /// Deletes all spans that a trace has by now.
  ///
  /// When this returns they are hidden from whoever begins to read, and that is on stable storage. Spans of
  /// the trace that are appended later are a trace again, unless the server refuses them for some time.
  ///
  /// - Returns: how many spans were hidden; 0 when the trace is unknown.
  /// - Throws: `.resourceExhausted` with a delay when the server is short of room or of threads: send it
  ///   again.
  ///   `.connectionLost` when it is unknown whether the trace was deleted: delete it again.
  public func deleteTrace(_ traceID: TraceID) async throws(ClientError) -> UInt64 {
    let request = DeleteTraceRequest(traceID: traceID)
    let answer: DeleteTraceAnswer = try await call(.deleteTrace, request.encoded)
    return answer.hiddenSpanCount
  }
}
