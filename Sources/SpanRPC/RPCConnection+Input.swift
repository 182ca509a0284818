internal import NIOCore
internal import SpanEngine
internal import SpanNet
internal import SpanWire

extension RPCConnection {
  func readIfWanted() {
    guard let context, pending == nil, !isReadRequested, state.wantsBytes else { return }
    isReadRequested = true
    context.read()
  }

  func memoryForRead() -> UnsafeMutableRawBufferPointer {
    if pending == nil, state.gatheredHeader != nil, let room = body?.room,
      room.count >= ReadMemory.inPlaceByteCountMin
    {
      return room
    }
    return loop.readMemory.bytes(expectingBulk: isBulky)
  }

  /// Takes what was read, in memory that is read into again.
  func take(_ bytes: ByteBuffer) {
    guard pending == nil else { return keep(bytes) }
    var bytes = bytes
    if consume(&bytes), context != nil {
      pending = bytes.withUnsafeReadableBytes { ByteBuffer(bytes: $0) }
    }
    if state.isAwaitingBytes { startWatching() }
  }

  /// Keeps what comes unasked: once the client has closed its side, NIO reads all that the kernel has.
  private func keep(_ bytes: ByteBuffer) {
    guard !state.hasEnded, let before = pending?.readableBytes else { return }
    // As much as one read brings is every connection's; beyond that twice what came, because memory doubles.
    if before + bytes.readableBytes > door.limits.readByteCount {
      let heldByteCount = 2 * bytes.readableBytes
      guard door.budget.takeForArrived(heldByteCount) else { return endFlooded() }
      pendingHeldByteCount += heldByteCount
    }
    pending?.writeImmutableBuffer(bytes)
  }

  private func endFlooded() {
    dropPending()
    dropBody()
    fail(state.endStalled(), memoryExhausted)
    endStreams()
  }

  /// Forgets bytes that wait.
  func dropPending() {
    pending = nil
    if pendingHeldByteCount > 0 { door.budget.giveBack(pendingHeldByteCount) }
    pendingHeldByteCount = 0
  }

  /// Takes bytes from the front as far as they are wanted now.
  ///
  /// - Returns: whether the rest, perhaps nothing, is to be offered again.
  private func consume(_ bytes: inout ByteBuffer) -> Bool {
    isConsuming = true
    defer { isConsuming = false }
    var isPaused = false
    let usedByteCount = bytes.withUnsafeReadableBytes { all in
      var left = all
      isPaused = consume(&left)
      return all.count - left.count
    }
    bytes.moveReaderIndex(forwardBy: usedByteCount)
    return isPaused
  }

  private func consume(_ bytes: inout UnsafeRawBufferPointer) -> Bool {
    // Sending answers may find that the connection is gone.
    while context != nil {
      guard hasMemory(for: state.gatheredByteCount(of: bytes.count)) else { return true }
      switch state.next(&bytes) {
      case .needsMore: return false
      case .pause: return true
      case .begin(let header): begin(header)
      case .gather(let run): gather(run)
      case .carryOut(let header, let method): carryOut(header, method)
      case .refuse(let requestID, let status): fail(requestID, status)
      case .end(let requestID, let status):
        fail(requestID, status)
        endStreams()
      }
      flushIfLarge()
    }
    return false
  }

  /// Goes on with bytes that waited, then with the socket; closes when there is nothing more to do.
  func resume() {
    guard !isConsuming, context != nil else { return }
    if state.wantsBytes { consumePending() }
    if progress.isInputClosed, pending == nil, !state.isInputClosed {
      state.inputClosed()
      dropBody()
    }
    if state.isDone, pending == nil || state.hasEnded { return close() }
    readIfWanted()
  }

  private func consumePending() {
    guard var bytes = pending else { return }
    // While they are consumed nobody else has them, so that none is copied.
    pending = nil
    if consume(&bytes), context != nil { pending = bytes } else { dropPending() }
    if state.isAwaitingBytes { startWatching() }
    if isUnflushed { flush() }
  }
}
