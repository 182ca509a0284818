internal import NIOCore
internal import SpanEngine
internal import SpanWire

extension RPCConnection {
  /// Answers that are gathered before they are sent, however many requests one read brings.
  private static let gatheredByteCountMax = 64 << 10
  /// Memory for answers that a connection keeps: 256 appends are answered in 3 KiB.
  private static let keptByteCountMax = 4096

  /// Appends an answer to what leaves with the next flush.
  func answer(_ header: RPCFrameHeader, _ bytes: [UInt8] = []) {
    guard context != nil, !isOutputClosed else { return }
    outbound.writeHeader(header)
    if !bytes.isEmpty { outbound.writeBytes(bytes) }
    if !isUnflushed {
      isUnflushed = true
      loop.needsFlush(self)
    }
  }

  /// Appends an error answer.
  func fail(_ requestID: UInt32, _ status: RPCStatus) {
    door.counters.failedRequests.add()
    let body = status.encoded
    answer(
      RPCFrameHeader(method: RPCMethod.errorAnswer, requestID: requestID, bodyByteCount: body.count), body)
  }

  func finish(_ append: ConnectionLoop.InFlightAppend, error: StoreError?) {
    state.answered(byteCount: append.bodyByteCount)
    if let error { return fail(append.requestID, RPCStatus(error)) }
    var body: [UInt8] = []
    if append.rejectedSpanCount > 0 {
      body =
        AppendAnswerBody(
          rejectedSpanCount: UInt64(append.rejectedSpanCount), message: append.rejectionMessage ?? ""
        ).encoded
    }
    answer(
      RPCFrameHeader(
        method: RPCMethod.append.answer, requestID: append.requestID, bodyByteCount: body.count), body)
  }

  /// Sends what has gathered, when one read brings many requests that are answered at once.
  func flushIfLarge() {
    if outbound.readableBytes >= Self.gatheredByteCountMax { flush() }
  }

  func flush() {
    guard isUnflushed else { return }
    isUnflushed = false
    guard let context, outbound.readableBytes > 0 else { return }
    // Taken out first, because writing may call back and have more answered.
    var frames = outbound
    outbound = ByteBuffer()
    write(frames, to: context)
    context.flush()
    guard outbound.capacity == 0, frames.capacity <= Self.keptByteCountMax else { return }
    // The same memory again if the kernel took all of it, else other.
    frames.clear()
    outbound = frames
  }

  /// Writes whole frames that bypass `outbound`.
  func write(_ frames: ByteBuffer, to context: ChannelHandlerContext) {
    door.counters.sentBytes.add(frames.readableBytes)
    progress.writtenByteCount += frames.readableBytes
    context.write(wrapOutboundOut(frames), promise: nil)
  }
}

extension ByteBuffer {
  mutating func writeHeader(_ header: RPCFrameHeader) {
    writeWithUnsafeMutableBytes(minimumWritableBytes: RPCFrameHeader.byteCount) {
      header.encode(into: $0)
      return RPCFrameHeader.byteCount
    }
  }
}
