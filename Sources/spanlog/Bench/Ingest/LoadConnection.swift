import Glibc
import SpanNet
import SpanWire

/// One connection of a load: frames go out, answers come in, and nothing waits.
final class LoadConnection {
  typealias Instant = ContinuousClock.Instant

  /// A request on its way; its place in `slots` is its request id less 1.
  struct Flight {
    let lent: LentRequest
    /// Latency counts from then.
    let begin: Instant
    var sentByteCount = 0
  }

  /// What came of a request.
  enum Answer {
    case acked(Flight, rejectedSpanCount: Int)
    /// The server had no room: `sendAgain` after this long.
    case refused(slot: Int, retryAfter: Duration)
  }

  /// Answers to appends are empty or say why spans were refused.
  private static let answerByteCountMax = 1 << 20
  /// What one call sends at the most.
  private static let gatheredCountMax = 64
  private static let gatheredByteCountMax = 1 << 20

  let socket: ServerSocket
  private var slots: [Flight?]
  private(set) var freeSlots: [Int]
  /// Slots whose frames are not sent to their end, the first one perhaps in part.
  private var outgoing: [Int] = []
  private var frames = FrameCollector(bodyByteCountMax: answerByteCountMax)

  init(to address: ListenAddress, inFlight: Int) throws {
    socket = try ServerSocket(to: address)
    slots = Array(repeating: nil, count: inFlight)
    freeSlots = Array(0..<inFlight)
  }

  var isIdle: Bool { freeSlots.count == slots.count }
  var wantsToSend: Bool { !outgoing.isEmpty }

  /// Puts a request on its way; `flush` sends it.
  ///
  /// - Precondition: there is a free slot.
  func start(_ lent: LentRequest, at begin: Instant) {
    let slot = freeSlots.removeLast()
    slots[slot] = Flight(lent: lent, begin: begin)
    outgoing.append(slot)
  }

  /// Puts one on its way again that was refused. Its latency counts on.
  func sendAgain(_ slot: Int) {
    slots[slot]?.sentByteCount = 0
    outgoing.append(slot)
  }

  /// Does not send one again that was refused.
  func giveUp(_ slot: Int) -> LentRequest? {
    guard let flight = slots[slot] else { return nil }
    slots[slot] = nil
    freeSlots.append(slot)
    return flight.lent
  }

  /// Sends what the socket takes: several small requests in one call.
  func flush() throws {
    while !outgoing.isEmpty {
      var pieces: [iovec] = []
      var byteCount = 0
      for slot in outgoing.prefix(Self.gatheredCountMax) where byteCount < Self.gatheredByteCountMax {
        guard let rest = rest(of: slot) else { continue }
        let base = UnsafeMutableRawPointer(mutating: rest.baseAddress)
        pieces.append(iovec(iov_base: base, iov_len: rest.count))
        byteCount += rest.count
      }
      let sent = try socket.send(pieces)
      note(sentByteCount: sent)
      if sent < byteCount { return }
    }
  }

  private func rest(of slot: Int) -> UnsafeRawBufferPointer? {
    guard let flight = slots[slot] else { return nil }
    let frame = flight.lent.request.frame(requestID: UInt32(slot + 1))
    return UnsafeRawBufferPointer(rebasing: frame[flight.sentByteCount...])
  }

  private func note(sentByteCount: Int) {
    var left = sentByteCount
    var doneCount = 0
    for slot in outgoing {
      guard let rest = rest(of: slot)?.count else { continue }
      slots[slot]?.sentByteCount += min(rest, left)
      guard left >= rest else { break }
      left -= rest
      doneCount += 1
    }
    outgoing.removeFirst(doneCount)
  }

  /// Takes what has come.
  func receive(into buffer: UnsafeMutableRawBufferPointer, _ answered: (Answer) -> Void) throws {
    var left = UnsafeRawBufferPointer(rebasing: buffer[..<(try socket.receive(into: buffer))])
    while let frame = try frames.next(&left) { answered(try answer(frame.header, frame.body)) }
  }

  private func answer(_ header: RPCFrameHeader, _ body: [UInt8]) throws -> Answer {
    let slot = Int(header.requestID) - 1
    guard !outgoing.contains(slot) else {
      throw CommandFailure("the server answered a request before all of it was sent")
    }
    if header.method == RPCMethod.errorAnswer {
      return .refused(slot: slot, retryAfter: try retryDelay(RPCStatus(decoding: body), slot: slot))
    }
    guard header.method == RPCMethod.append.answer, slots.indices.contains(slot), let flight = slots[slot]
    else { throw CommandFailure("the server answered a request that was not sent") }
    slots[slot] = nil
    freeSlots.append(slot)
    // Nearly all answers are empty, and need no decoding.
    let rejected = body.isEmpty ? 0 : try AppendAnswerBody(decoding: body).rejectedSpanCount
    return .acked(flight, rejectedSpanCount: Int(clamping: rejected))
  }

  private func retryDelay(_ status: RPCStatus, slot: Int) throws -> Duration {
    guard status.retryDelayMilliseconds > 0, slots.indices.contains(slot), slots[slot] != nil else {
      throw CommandFailure("Append failed: \(status.message)")
    }
    return .milliseconds(Int64(clamping: status.retryDelayMilliseconds))
  }
}
