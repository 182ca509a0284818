package import SpanNet
package import SpanWire

/// What a connection may do next: the protocol of the door as a value, without socket, clock or memory.
///
/// Bytes go in through `next`, which tells what to do with them; what happened to requests is told to it by
/// the other mutating functions. Whenever something was told, `wantsBytes` says whether to read on.
package struct ConnectionState: Sendable {
  package enum Action {
    /// All bytes are used up.
    case needsMore
    /// Stop reading; offer the bytes that are left again once `wantsBytes` is true, even if there are none:
    /// a request with an empty body may wait for memory.
    case pause
    /// A request begins: get memory for its body.
    case begin(RPCFrameHeader)
    /// Keep these bytes of the body.
    case gather(UnsafeRawBufferPointer)
    /// The body is complete: carry the request out.
    case carryOut(RPCFrameHeader, RPCMethod)
    /// Answer with an error. The body is thrown away as it arrives.
    case refuse(requestID: UInt32, RPCStatus)
    /// Answer with an error, then end the connection; whatever still comes is thrown away.
    case end(requestID: UInt32, RPCStatus)
  }

  private enum Body {
    case none
    case gathered(RPCFrameHeader, RPCMethod)
    case thrownAway
  }

  private let limits: NetLimits
  private var reader: RPCFrameReader
  private var body = Body.none
  /// Requests begun and not answered, and their bodies' bytes.
  package private(set) var inFlightRequestCount = 0
  package private(set) var inFlightByteCount = 0
  /// The current body waits for memory.
  package private(set) var isWaitingForMemory = false
  /// An error ended the connection; only answers of earlier requests still leave.
  package private(set) var hasEnded = false
  /// The client sends no more.
  package private(set) var isInputClosed = false
  package private(set) var isDraining = false
  /// The kernel takes what is written.
  package var isWritable = true

  package init(limits: NetLimits) {
    self.limits = limits
    reader = RPCFrameReader(bodyByteCountMax: limits.bodyByteCountMax)
  }

  private var mayBeginRequest: Bool {
    isWritable && inFlightRequestCount < limits.requestCountMax
      && inFlightByteCount < limits.inFlightByteCountMax
  }

  /// Whether bytes offered now would be used.
  package var wantsBytes: Bool {
    if hasEnded { return true }
    if isWaitingForMemory { return false }
    return reader.isWithinFrame || mayBeginRequest
  }

  /// A frame has begun and its next bytes are the client's to send.
  package var isAwaitingBytes: Bool { reader.isWithinFrame && !isWaitingForMemory && !hasEnded }

  /// Nothing is left to answer, and no request will come.
  package var isDone: Bool {
    guard inFlightRequestCount == 0 else { return false }
    return hasEnded || isInputClosed || isDraining && !reader.isWithinFrame
  }

  /// How many bytes the next `gather` would hand out of `byteCount` bytes.
  package func gatheredByteCount(of byteCount: Int) -> Int {
    if case .gathered = body { min(byteCount, reader.bodyByteCountLeft) } else { 0 }
  }

  /// Takes the next step through `bytes`, stepping over what was used at the front.
  package mutating func next(_ bytes: inout UnsafeRawBufferPointer) -> Action {
    if hasEnded {
      bytes = UnsafeRawBufferPointer(rebasing: bytes.suffix(0))
      return .needsMore
    }
    while true {
      if !wantsBytes { return bytes.isEmpty && !isWaitingForMemory ? .needsMore : .pause }
      switch reader.next(&bytes) {
      case .needsMore: return .needsMore
      case .header(let header): return begin(header)
      case .body(let run):
        if case .gathered = body { return .gather(run) }
      case .end:
        defer { body = .none }
        if case .gathered(let header, let method) = body { return .carryOut(header, method) }
      case .invalid(let error): return end(error)
      }
    }
  }

  private mutating func begin(_ header: RPCFrameHeader) -> Action {
    do throws(RPCStatus) {
      let method = try accept(header)
      body = .gathered(header, method)
      inFlightRequestCount += 1
      inFlightByteCount += header.bodyByteCount
      return .begin(header)
    } catch {
      body = .thrownAway
      return .refuse(requestID: header.requestID, error)
    }
  }

  private func accept(_ header: RPCFrameHeader) throws(RPCStatus) -> RPCMethod {
    guard header.version == RPCFrameHeader.currentVersion else {
      throw RPCStatus(
        .unimplemented, "protocol version \(header.version) is unknown; send version 1")
    }
    guard let method = RPCMethod(rawValue: header.method) else {
      throw RPCStatus(.unimplemented, "method \(header.method) is unknown; this server has methods 1 to 10")
    }
    guard header.flags.isSubset(of: .allowedInRequests) else {
      throw RPCStatus(
        .invalidArgument, "flags \(header.flags.rawValue) of a request are unknown; only bit 0 may be set")
    }
    switch method {
    case .search, .tail:
      throw RPCStatus(.unimplemented, "\(method) is not implemented by this server")
    case .hello, .append, .readTrace, .deleteTrace, .stats, .cancel, .maintain, .credit: break
    }
    if method != .append, header.bodyByteCount > limits.controlByteCountMax {
      throw RPCStatus(
        .invalidArgument,
        "the body of a \(method) has \(header.bodyByteCount) bytes, at most \(limits.controlByteCountMax) are taken"
      )
    }
    if isDraining, method != .cancel, method != .credit {
      throw RPCStatus(
        .unavailable, "the server is shutting down; send the request again over a new connection",
        retryDelayMilliseconds: limits.retryDelay.milliseconds)
    }
    return method
  }

  private mutating func end(_ error: RPCFrameError) -> Action {
    hasEnded = true
    return .end(
      requestID: error.requestID,
      RPCStatus(.invalidArgument, "\(error); the connection is closed"))
  }

  /// The request whose body is being gathered, if any.
  package var gatheredHeader: RPCFrameHeader? {
    if case .gathered(let header, _) = body { header } else { nil }
  }

  /// There is no memory for the current body: nothing is read until there is, or until it is refused.
  package mutating func waitForMemory() { isWaitingForMemory = true }

  package mutating func memoryGranted() { isWaitingForMemory = false }

  /// Gives up on the current body; the rest of it is thrown away as it arrives.
  ///
  /// - Returns: the header of the request to answer with an error; `nil` when none is gathered.
  package mutating func throwAwayBody() -> RPCFrameHeader? {
    isWaitingForMemory = false
    guard case .gathered(let header, _) = body else { return nil }
    body = .thrownAway
    answered(byteCount: header.bodyByteCount)
    return header
  }

  /// The frame that has begun makes no progress: the connection ends.
  ///
  /// - Returns: the request id to answer with an error, 0 when the header never came.
  package mutating func endStalled() -> UInt32 {
    let header = throwAwayBody()
    hasEnded = true
    return header?.requestID ?? 0
  }

  /// A request was answered, or its stream has ended.
  package mutating func answered(byteCount: Int) {
    inFlightRequestCount -= 1
    inFlightByteCount -= byteCount
    assert(inFlightRequestCount >= 0 && inFlightByteCount >= 0, "more answers than requests")
  }

  /// The client has sent its last byte; a body that has begun will never be complete.
  package mutating func inputClosed() {
    isInputClosed = true
    _ = throwAwayBody()
  }

  /// The last answer has left; whatever still comes is thrown away.
  package mutating func endOutput() { hasEnded = true }

  /// From here on new requests are refused; those that have begun are carried out.
  package mutating func drain() { isDraining = true }
}

extension Duration {
  /// Whole milliseconds, rounded up.
  var milliseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(max(0, seconds)) * 1000
      + UInt64(max(0, (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
  }
}
