import Glibc
import SpanNet
import SpanWire

/// One connection of a read load: it has one trace asked for at a time, and nothing waits.
final class ReadConnection {
  typealias Instant = ContinuousClock.Instant

  /// A read that came to its end.
  struct Finished {
    let step: ReadPlan.Step
    /// Messages `TracesData`.
    let chunks: [[UInt8]]
    let duration: Duration
  }

  /// A span of the largest request, with its envelopes, and room.
  private static let chunkByteCountMax = 256 << 20

  let socket: ServerSocket
  private var asked: (step: ReadPlan.Step, begin: Instant)?
  private var requestID: UInt32 = 0
  private var chunks: [[UInt8]] = []
  private var frames = FrameCollector(bodyByteCountMax: chunkByteCountMax)

  init(to address: ListenAddress) throws { socket = try ServerSocket(to: address) }

  var isIdle: Bool { asked == nil }

  /// Asks for a trace.
  func ask(_ step: ReadPlan.Step, at begin: Instant) throws {
    requestID &+= 1
    asked = (step, begin)
    try send(.readTrace, ReadTraceRequest(traceID: step.traceID))
  }

  private func send(_ method: RPCMethod, _ body: some RPCBody) throws {
    let body = body.encoded
    var frame =
      RPCFrameHeader(method: method.rawValue, requestID: requestID, bodyByteCount: body.count).encoded + body
    // Some fifty bytes: a socket of which all was answered has room for them.
    while !frame.isEmpty {
      let count = try frame.withUnsafeMutableBytes { bytes in
        try socket.send([iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)])
      }
      frame.removeFirst(count)
    }
  }

  /// Takes what has come.
  ///
  /// - Returns: the read, when this was its end.
  func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> Finished? {
    var left = UnsafeRawBufferPointer(rebasing: buffer[..<(try socket.receive(into: buffer))])
    while let frame = try frames.next(&left) {
      if try take(frame.header, frame.body) { return finish() }
    }
    return nil
  }

  /// - Returns: whether it was the stream's last.
  private func take(_ header: RPCFrameHeader, _ body: [UInt8]) throws -> Bool {
    if header.method == RPCMethod.errorAnswer {
      throw CommandFailure("ReadTrace failed: \(try RPCStatus(decoding: body).message)")
    }
    guard header.method == RPCMethod.readTrace.answer, header.requestID == requestID, !isIdle else {
      throw CommandFailure("the server answered a request that was not sent")
    }
    if !body.isEmpty { chunks.append(body) }
    guard header.flags.contains(.moreFollows) else { return true }
    // The stream may send as much again as it just did.
    let credit = UInt64(header.bodyByteCount)
    if chunks.count > 1 { try send(.credit, CreditRequest(requestID: requestID, byteCount: credit)) }
    return false
  }

  private func finish() -> Finished? {
    defer { (asked, chunks) = (nil, []) }
    return asked.map { Finished(step: $0.step, chunks: chunks, duration: ContinuousClock().now - $0.begin) }
  }
}
