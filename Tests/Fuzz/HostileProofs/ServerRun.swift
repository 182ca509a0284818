internal import SpanEngine
internal import SpanNet
internal import SpanRPC
internal import SpanWire

/// The door's end of one connection, without its socket.
struct ServerRun {
  private static let limits: NetLimits = {
    var limits = NetLimits()
    limits.frameByteCountMax = 1 << 20
    limits.controlByteCountMax = 128
    limits.requestCountMax = 4
    limits.inFlightByteCountMax = 1000
    return limits
  }()

  private var state = ConnectionState(limits: limits)
  private var policy = ServerPolicy(0)
  private(set) var digest = EventDigest()
  private var body: RequestBuffer?
  private var begunCount = 0
  /// Body bytes of the requests not yet answered, oldest first.
  private var unanswered: [Int] = []
  private var decoder = BodyDecoder(byteCountMax: limits.bodyByteCountMax)

  mutating func begin(_ policy: ServerPolicy) {
    self.policy = policy
    state = ConnectionState(limits: Self.limits)
    digest = EventDigest()
    body = nil
    begunCount = 0
    unanswered.removeAll(keepingCapacity: true)
  }

  mutating func take(_ bytes: UnsafeRawBufferPointer) -> String? {
    var left = bytes
    while true {
      let before = left.count
      let gathered = state.gatheredByteCount(of: before)
      switch state.next(&left) {
      case .needsMore:
        if state.isWaitingForMemory { return "it asks for bytes while it waits for memory" }
        return left.isEmpty ? nil : "it needs more and leaves \(left.count) bytes"
      case .pause: if let fault = endPause() { return fault }
      case .begin(let header): begin(header)
      case .gather(let run):
        guard run.count == gathered, run.count > 0 else {
          return "\(run.count) bytes gathered, not \(gathered)"
        }
        if let fault = gather(run) { return fault }
      case .carryOut(let header, let method): if let fault = carryOut(header, method) { return fault }
      case .refuse(let requestID, let status):
        digest.add(3, UInt64(requestID), UInt64(bitPattern: Int64(status.code.rawValue)))
      case .end(let requestID, let status):
        digest.add(4, UInt64(requestID), UInt64(bitPattern: Int64(status.code.rawValue)))
      }
      if let fault = faultOfCounts() { return fault }
    }
  }

  /// The client sends no more, or stands still; all that is left is answered.
  mutating func end() -> String? {
    if state.isAwaitingBytes, policy.answersAtOnce { digest.add(5, UInt64(state.endStalled())) }
    if let body, body.isComplete { return "a request that came whole is left at the end" }
    state.inputClosed()
    while !unanswered.isEmpty { answerOldest() }
    guard state.inFlightRequestCount == 0, state.inFlightByteCount == 0 else {
      return "requests are left at the end"
    }
    return state.isDone ? nil : "it is not done when all is answered"
  }

  private mutating func begin(_ header: RPCFrameHeader) {
    digest.add(1, UInt64(header.requestID), UInt64(header.method), UInt64(header.bodyByteCount))
    begunCount += 1
    body = RequestBuffer(byteCount: header.bodyByteCount)
    // The first among them: few inputs have four that are begun.
    if policy.isShortOfMemory, begunCount % 4 == 1 { state.waitForMemory() }
    if policy.hasSlowClient { state.isWritable = false }
    if begunCount == policy.requestCountUntilDrain { state.drain() }
  }

  private mutating func gather(_ run: UnsafeRawBufferPointer) -> String? {
    guard let body else { return "bytes of no body" }
    body.append(run)
    // A first buffer, then twice what came.
    let grantMax = max(256 << 10, 2 * body.filledByteCount + 256)
    return body.grantedByteCount <= grantMax ? nil : "\(body.grantedByteCount) bytes granted"
  }

  private mutating func endPause() -> String? {
    if state.isWaitingForMemory {
      if policy.refusesMemory {
        digest.add(6, UInt64(state.throwAwayBody()?.requestID ?? 0))
        body = nil
      } else {
        state.memoryGranted()
      }
    } else if !state.isWritable {
      state.isWritable = true
    } else if unanswered.isEmpty {
      return "it pauses and nothing would end that"
    } else {
      answerOldest()
    }
    return nil
  }

  private mutating func answerOldest() { state.answered(byteCount: unanswered.removeFirst()) }

  private mutating func carryOut(_ header: RPCFrameHeader, _ method: RPCMethod) -> String? {
    guard let body, body.isComplete, body.byteCount == header.bodyByteCount else {
      return "half a body is carried out"
    }
    digest.add(2, UInt64(header.requestID), UInt64(method.rawValue))
    digest.add(body.bytes)
    unanswered.append(header.bodyByteCount)
    let fault = decoder.faultOfRequest(body.bytes, method, isCompressed: header.flags.contains(.compressed))
    self.body = nil
    if policy.answersAtOnce { answerOldest() }
    return fault
  }

  private func faultOfCounts() -> String? {
    let limits = Self.limits
    guard (0...limits.requestCountMax).contains(state.inFlightRequestCount),
      (0...limits.inFlightByteCountMax + limits.bodyByteCountMax).contains(state.inFlightByteCount)
    else { return "\(state.inFlightRequestCount) requests, \(state.inFlightByteCount) bytes in flight" }
    return nil
  }
}
