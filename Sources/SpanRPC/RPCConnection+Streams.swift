internal import NIOCore
internal import NIOPosix
internal import SpanEngine
internal import SpanNet
internal import SpanWire

extension RPCConnection {
  /// Bytes of chunks read at a time.
  private static let turnByteCount = 1 << 20

  func startStream(_ header: RPCFrameHeader, _ request: ReadTraceRequest) throws(RPCStatus) {
    let selection = try TraceSelection(request)
    guard streams[header.requestID] == nil, maintenances[header.requestID] == nil else {
      throw RPCStatus(.invalidArgument, "request id \(header.requestID) is a stream's that has not ended")
    }
    try takeStream()
    let stream = TraceStream(
      requestID: header.requestID, requestByteCount: header.bodyByteCount,
      source: door.store.chunks(of: selection), credit: door.limits.streamCreditByteCount,
      takesCompressed: takesCompressed)
    streams[header.requestID] = stream
    pump(stream)
  }

  /// Takes a place among the streams, for what is done on the threads that may block.
  func takeStream() throws(RPCStatus) {
    guard streamCount < door.limits.streamCountMax else {
      throw tooManyStreams("\(door.limits.streamCountMax) streams over one connection")
    }
    guard door.counters.takeStream(atMost: door.limits.doorStreamCountMax) else {
      throw tooManyStreams("\(door.limits.doorStreamCountMax) streams over all connections")
    }
    streamCount += 1
  }

  private func tooManyStreams(_ what: String) -> RPCStatus {
    RPCStatus(
      .resourceExhausted, "the server has \(what), as many as it may; send the request again later",
      retryDelayMilliseconds: door.limits.retryDelay.milliseconds)
  }

  /// Reads the next chunks if the client takes them now.
  func pump(_ stream: TraceStream) {
    guard !stream.isReading, !stream.isEnded, context != nil else { return }
    guard stream.credit > 0, state.isWritable else {
      if stream.waitingSince == nil { stream.waitingSince = loop.eventLoop.now }
      return startWatching()
    }
    stream.waitingSince = nil
    stream.isReading = true
    read(stream)
  }

  private func read(_ stream: TraceStream) {
    let byteCount = min(stream.credit, Self.turnByteCount)
    let eventLoop = loop.eventLoop
    door.readers.submit { jobState in
      // The server is going down: the connection is closed by now, or about to be.
      guard case .active = jobState else { return }
      let batch = stream.read(byteCount: byteCount)
      eventLoop.execute { self.send(batch, of: stream) }
    }
  }

  private func send(_ batch: TraceStream.Batch, of stream: TraceStream) {
    stream.isReading = false
    if stream.isEnded { return giveBackStream() }
    guard let context else { return }
    stream.credit -= batch.bodyByteCount
    if batch.hasFailed { door.counters.failedRequests.add() }
    write(batch.frames, to: context)
    context.flush()
    if batch.isLast {
      end(stream)
      resume()
    } else {
      pump(stream)
    }
  }

  /// Forgets a stream, whose last frame has been written or never will be.
  func end(_ stream: TraceStream) {
    guard !stream.isEnded else { return }
    stream.end()
    streams[stream.requestID] = nil
    state.answered(byteCount: stream.requestByteCount)
    if !stream.isReading { giveBackStream() }
  }

  func giveBackStream() {
    streamCount -= 1
    door.counters.giveBackStream()
  }

  /// Forgets all of them, because the connection ends.
  func endStreams() {
    for stream in Array(streams.values) { end(stream) }
    for stream in Array(maintenances.values) { end(stream) }
  }

  func endStalled(_ stream: TraceStream) {
    end(stream)
    fail(
      stream.requestID,
      RPCStatus(
        .deadlineExceeded,
        "the stream waited \(door.limits.streamStallMax) for credit or for the client to read; "
          + "read on with skip"))
  }

  func cancelStream(_ request: CancelRequest) {
    // A stream that has just ended, or never was, has nothing to cancel: its answer is on its way.
    if let stream = streams[request.requestID] {
      end(stream)
    } else if let stream = maintenances[request.requestID] {
      end(stream)
    } else {
      return
    }
    fail(request.requestID, RPCStatus(.cancelled, "the stream was cancelled by the client"))
  }

  func extendCredit(_ request: CreditRequest) {
    guard let stream = streams[request.requestID] else { return }
    // Far above any real window, far below what could overflow.
    let creditMax = 1 << 40
    stream.credit = min(creditMax, stream.credit + Int(clamping: min(request.byteCount, 1 << 40)))
    pump(stream)
  }
}

extension TraceSelection {
  init(_ request: ReadTraceRequest) throws(RPCStatus) {
    if request.all {
      guard request.traceIDBytes.isEmpty, request.skip == 0, request.limit == 0 else {
        throw RPCStatus(
          .invalidArgument, "a ReadTrace of all traces takes no trace id, skip or limit")
      }
      self = .all
      return
    }
    guard let traceID = request.traceID else {
      throw RPCStatus(
        .invalidArgument, "the trace id has \(request.traceIDBytes.count) bytes, 16 are required")
    }
    self = .trace(traceID, skip: request.skip, limit: request.limit == 0 ? .max : request.limit)
  }
}
