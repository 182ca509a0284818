internal import NIOCore
internal import SpanEngine
internal import SpanModel
internal import SpanNet
internal import SpanWire

extension RPCConnection {
  /// Has the store compacted, verified or copied on a thread of its own.
  func maintain(_ header: RPCFrameHeader, _ request: MaintainRequest) throws(RPCStatus) {
    guard streams[header.requestID] == nil, maintenances[header.requestID] == nil else {
      throw RPCStatus(.invalidArgument, "request id \(header.requestID) is a stream's that has not ended")
    }
    let order = try MaintenanceOrder(request, now: door.store.now)
    let stream = MaintainStream(requestID: header.requestID, requestByteCount: header.bodyByteCount)
    let eventLoop = loop.eventLoop
    let tell: @Sendable () -> Void = { eventLoop.execute { self.sendNews(of: stream) } }
    do throws(StoreError) {
      let control = try door.store.maintain(
        order, progress: { progress in if stream.note({ $0.progress = progress }) { tell() } },
        done: { result in if stream.note({ $0.result = result }) { tell() } })
      stream.begin(control)
    } catch {
      throw RPCStatus(error)
    }
    maintenances[header.requestID] = stream
  }

  private func sendNews(of stream: MaintainStream) {
    let news = stream.take()
    guard !stream.isEnded, context != nil else { return }
    if let result = news.result {
      end(stream)
      finish(stream, result)
      loop.flush()
      return resume()
    }
    // What the client does not take is told by what comes after it.
    guard let progress = news.progress, state.isWritable else { return }
    send(MaintainAnswer(progress), of: stream, flags: .moreFollows)
    loop.flush()
  }

  private func finish(_ stream: MaintainStream, _ result: Result<MaintenanceResult, StoreError>) {
    switch result {
    case .success(let result): send(MaintainAnswer(result), of: stream)
    case .failure(let error): fail(stream.requestID, RPCStatus(error))
    }
  }

  private func send(_ body: MaintainAnswer, of stream: MaintainStream, flags: RPCFlags = []) {
    let bytes = body.encoded
    answer(
      RPCFrameHeader(
        method: RPCMethod.maintain.answer, flags: flags, requestID: stream.requestID,
        bodyByteCount: bytes.count), bytes)
  }

  /// Forgets it: nothing more is sent, and it ends as soon as it can.
  func end(_ stream: MaintainStream) {
    guard maintenances.removeValue(forKey: stream.requestID) != nil else { return }
    stream.end()
    state.answered(byteCount: stream.requestByteCount)
  }

  /// Ends all of them before their time, and says why.
  func endMaintenances(_ status: RPCStatus) {
    for stream in Array(maintenances.values) {
      end(stream)
      fail(stream.requestID, status)
    }
  }
}
