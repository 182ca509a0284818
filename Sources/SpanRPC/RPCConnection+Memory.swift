internal import NIOCore
internal import SpanEngine
internal import SpanNet
internal import SpanWire

/// A connection's place in the line for memory.
struct MemoryWait {
  let number: UInt64
  let ticket: ByteBudget.Ticket
  let timeout: Scheduled<Void>
}

extension RPCConnection {
  /// Gets the first memory for a body, or waits for it.
  func begin(_ header: RPCFrameHeader) {
    door.counters.receivedRequests.add()
    let buffer = RequestBuffer(byteCount: header.bodyByteCount)
    guard door.budget.take(buffer.grantedByteCount) else {
      return waitForMemory(buffer.grantedByteCount)
    }
    body = buffer
    heldByteCount = buffer.grantedByteCount
    isBulky = header.bodyByteCount >= ReadMemory.bulkyByteCountMin
  }

  /// Whether the body's buffer may grow for `byteCount` more bytes; waits for memory if it may not yet.
  func hasMemory(for byteCount: Int) -> Bool {
    guard byteCount > 0, let body else { return true }
    let growth = Self.growth(of: body, by: byteCount, heldByteCount: heldByteCount)
    if growth <= 0 { return true }
    guard door.budget.take(growth) else {
      waitForMemory(growth)
      return false
    }
    heldByteCount += growth
    return true
  }

  /// Bytes beyond those held that the buffer may take when `byteCount` more arrive: it doubles, but not
  /// past the body's size, give or take its padding.
  private static func growth(of body: RequestBuffer, by byteCount: Int, heldByteCount: Int) -> Int {
    let padding = RequestBuffer.paddingByteCount
    let needed = body.filledByteCount + byteCount
    guard needed + padding > body.grantedByteCount, body.grantedByteCount < body.byteCount else { return 0 }
    return min(max(needed, 2 * body.grantedByteCount), body.byteCount) + padding - heldByteCount
  }

  func gather(_ run: UnsafeRawBufferPointer) {
    body?.append(run)
  }

  /// Takes the complete body and the bytes held for it.
  func takeBody() -> (buffer: RequestBuffer, heldByteCount: Int)? {
    guard let buffer = body else { return nil }
    defer {
      body = nil
      heldByteCount = 0
    }
    return (buffer, heldByteCount)
  }

  private func waitForMemory(_ byteCount: Int) {
    state.waitForMemory()
    waitCount += 1
    let number = waitCount
    let eventLoop = loop.eventLoop
    let timeout = eventLoop.scheduleTask(in: TimeAmount(door.limits.budgetWaitMax)) {
      self.memoryTimedOut(number)
    }
    let ticket = door.budget.wait(for: byteCount) {
      eventLoop.execute { self.memoryGranted(byteCount, number) }
    }
    wait = MemoryWait(number: number, ticket: ticket, timeout: timeout)
  }

  private func memoryGranted(_ byteCount: Int, _ number: UInt64) {
    guard let wait, wait.number == number else { return door.budget.giveBack(byteCount) }
    wait.timeout.cancel()
    self.wait = nil
    heldByteCount += byteCount
    if body == nil, let header = state.gatheredHeader {
      body = RequestBuffer(byteCount: header.bodyByteCount)
    }
    state.memoryGranted()
    resume()
    loop.flush()
  }

  private func memoryTimedOut(_ number: UInt64) {
    guard wait?.number == number else { return }
    dropBody()
    if let header = state.throwAwayBody() {
      fail(header.requestID, memoryExhausted)
    }
    resume()
    loop.flush()
  }

  /// What a request is told for which there was no memory.
  var memoryExhausted: RPCStatus {
    RPCStatus(
      .resourceExhausted,
      "the server holds \(door.budget.byteCountMax) bytes of unanswered requests, as many as it may; "
        + "send the request again later",
      retryDelayMilliseconds: door.limits.retryDelay.milliseconds)
  }

  /// What a request is told that would not fit if it were alone.
  func tooLarge(_ byteCount: Int) -> RPCStatus {
    RPCStatus(
      .invalidArgument,
      "the request takes \(byteCount) bytes of memory, more than the \(door.budget.byteCountMax) that all "
        + "requests together may; send it in parts")
  }

  /// Frees the body that is gathered and leaves the line for memory.
  func dropBody() {
    if let wait {
      wait.timeout.cancel()
      // If it was already served, `memoryGranted` gives the bytes back.
      _ = door.budget.stopWaiting(wait.ticket)
      self.wait = nil
    }
    body = nil
    if heldByteCount > 0 { door.budget.giveBack(heldByteCount) }
    heldByteCount = 0
  }
}
