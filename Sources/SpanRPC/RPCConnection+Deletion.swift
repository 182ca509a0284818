internal import NIOCore
internal import NIOPosix
internal import SpanEngine
internal import SpanModel
internal import SpanWire

extension RPCConnection {
  /// Deletes a trace on a thread that may block, and answers when that is durable and counted.
  ///
  /// It takes the place of a stream meanwhile: else no limit would hold for what waits for those threads.
  func delete(_ header: RPCFrameHeader, _ request: DeleteTraceRequest) throws(RPCStatus) {
    guard let traceID = request.traceID else {
      throw RPCStatus(
        .invalidArgument, "the trace id has \(request.traceIDBytes.count) bytes, 16 are required")
    }
    try takeStream()
    let (eventLoop, store, lane) = (loop.eventLoop, door.store, lane)
    door.readers.submit { jobState in
      // The server is going down: the connection is closed by now, or about to be.
      guard case .active = jobState else { return }
      let outcome: Result<UInt64, StoreError>
      do throws(StoreError) { outcome = .success(try store.delete(traceID, lane: lane)) } catch {
        outcome = .failure(error)
      }
      eventLoop.execute { self.finish(header, outcome) }
    }
  }

  private func finish(_ header: RPCFrameHeader, _ deletion: Result<UInt64, StoreError>) {
    giveBackStream()
    state.answered(byteCount: header.bodyByteCount)
    switch deletion {
    case .success(let count): answer(header, .deleteTrace, DeleteTraceAnswer(hiddenSpanCount: count))
    case .failure(let error): fail(header.requestID, RPCStatus(error))
    }
    loop.flush()
  }
}
