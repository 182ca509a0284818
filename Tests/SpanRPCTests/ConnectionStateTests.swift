import SpanNet
import SpanRPC
import SpanWire
import Testing

struct ConnectionStateTests {
  /// What a state did with bytes, in words.
  private func actions(_ state: inout ConnectionState, _ bytes: [UInt8]) -> (words: [String], left: Int) {
    bytes.withUnsafeBytes { all in
      var left = all
      var words: [String] = []
      while true {
        switch state.next(&left) {
        case .needsMore: return (words + ["needsMore"], left.count)
        case .pause: return (words + ["pause"], left.count)
        case .begin(let header): words.append("begin \(header.requestID)")
        case .gather(let run): words.append("gather \(run.count)")
        case .carryOut(let header, let method): words.append("\(method) \(header.requestID)")
        case .refuse(let requestID, let status): words.append("refuse \(requestID) \(status.code.rawValue)")
        case .end(let requestID, let status): words.append("end \(requestID) \(status.code.rawValue)")
        }
      }
    }
  }

  private func small() -> NetLimits {
    var limits = NetLimits()
    limits.requestCountMax = 2
    limits.inFlightByteCountMax = 100
    limits.frameByteCountMax = 1008
    limits.controlByteCountMax = 20
    return limits
  }

  @Test func `requests are taken one after the other`() {
    var state = ConnectionState(limits: small())
    let bytes = Frame(.append, 1, [1, 2, 3]).bytes + Frame(.stats, 2).bytes
    let (words, left) = actions(&state, bytes)
    #expect(words == ["begin 1", "gather 3", "Append 1", "begin 2", "Stats 2", "needsMore"])
    #expect(left == 0)
    #expect(state.inFlightRequestCount == 2)
    #expect(state.inFlightByteCount == 3)
  }

  @Test func `the third of at most two requests waits until one is answered`() {
    var state = ConnectionState(limits: small())
    let bytes = Frame(.stats, 1).bytes + Frame(.stats, 2).bytes + Frame(.stats, 3).bytes
    let (words, left) = actions(&state, bytes)
    #expect(words == ["begin 1", "Stats 1", "begin 2", "Stats 2", "pause"])
    #expect(left == 12)
    #expect(!state.wantsBytes)
    state.answered(byteCount: 0)
    #expect(state.wantsBytes)
    #expect(actions(&state, Frame(.stats, 3).bytes).words == ["begin 3", "Stats 3", "needsMore"])
  }

  @Test func `one request may go over the bytes in flight, the next waits`() {
    var state = ConnectionState(limits: small())
    let body = [UInt8](repeating: 0, count: 150)
    let (words, left) = actions(&state, Frame(.append, 1, body).bytes + Frame(.append, 2).bytes)
    #expect(words == ["begin 1", "gather 150", "Append 1", "pause"])
    #expect(left == 12)
    state.answered(byteCount: 150)
    #expect(state.wantsBytes)
  }

  @Test func `a body that has begun is read on though the limit is reached`() {
    var state = ConnectionState(limits: small())
    let bytes = Frame(.append, 1, [UInt8](repeating: 0, count: 150)).bytes
    #expect(actions(&state, Array(bytes.prefix(20))).words == ["begin 1", "gather 8", "needsMore"])
    #expect(state.wantsBytes)
    #expect(state.isAwaitingBytes)
  }

  @Test func `nothing begins while the client does not read its answers`() {
    var state = ConnectionState(limits: small())
    state.isWritable = false
    #expect(!state.wantsBytes)
    #expect(actions(&state, Frame(.stats, 1).bytes).words == ["pause"])
  }

  private func refused(_ change: (inout Frame) -> Void) -> [String] {
    var state = ConnectionState(limits: small())
    var frame = Frame(.append, 5, [1, 2])
    change(&frame)
    frame.header.bodyByteCount = frame.body.count
    let words = actions(&state, frame.bytes + Frame(.stats, 6).bytes).words
    #expect(words.suffix(3) == ["begin 6", "Stats 6", "needsMore"], "the connection goes on")
    #expect(state.inFlightRequestCount == 1)
    return Array(words.dropLast(3))
  }

  @Test(arguments: [0, 2, 255])
  func `an unknown version is refused and the connection goes on`(version: UInt8) {
    #expect(refused { $0.header.version = version } == ["refuse 5 12"])
  }

  @Test(arguments: [0, 11, 0x7f, 0x80, 0x82, 0xff])
  func `an unknown method is refused and the connection goes on`(method: UInt8) {
    #expect(refused { $0.header.method = method } == ["refuse 5 12"])
  }

  @Test(arguments: [RPCMethod.search, .tail])
  func `a method to come is refused as unimplemented`(method: RPCMethod) {
    #expect(refused { $0.header.method = method.rawValue } == ["refuse 5 12"])
  }

  @Test(arguments: 1..<16)
  func `a flag that no request has is refused`(bit: Int) {
    #expect(refused { $0.header.flags = RPCFlags(rawValue: 1 << UInt16(bit)) } == ["refuse 5 3"])
  }

  @Test func `a large body of a small request is refused`() {
    #expect(
      refused {
        $0.header.method = RPCMethod.hello.rawValue
        $0.body = [UInt8](repeating: 0, count: 21)
      } == ["refuse 5 3"])
  }

  @Test func `a frame over the limit ends the connection`() {
    var state = ConnectionState(limits: small())
    let header = RPCFrameHeader(method: 2, requestID: 8, bodyByteCount: 1001)
    #expect(actions(&state, header.encoded + [1, 2, 3]).words == ["end 8 3", "needsMore"])
    #expect(state.hasEnded)
    #expect(actions(&state, Frame(.stats, 1).bytes).words == ["needsMore"], "what follows is thrown away")
    #expect(state.isDone)
  }

  @Test func `a length below eight ends the connection`() {
    var state = ConnectionState(limits: small())
    #expect(
      actions(&state, [7, 0, 0, 0, 1, 2, 0, 0, 1, 0, 0, 0]).words == ["end 0 3", "needsMore"])
  }

  @Test func `a request without memory waits, and goes on when it has some`() {
    var state = ConnectionState(limits: small())
    let frame = Frame(.append, 1, [1, 2, 3])
    #expect(actions(&state, frame.header.encoded).words == ["begin 1", "needsMore"])
    state.waitForMemory()
    #expect(!state.wantsBytes)
    #expect(!state.isAwaitingBytes, "it is not the client that is waited for")
    #expect(actions(&state, frame.body).words == ["pause"])
    state.memoryGranted()
    #expect(actions(&state, frame.body).words == ["gather 3", "Append 1", "needsMore"])
  }

  @Test func `a request that waited too long is thrown away as it arrives`() {
    var state = ConnectionState(limits: small())
    let frame = Frame(.append, 1, [1, 2, 3])
    _ = actions(&state, frame.header.encoded)
    state.waitForMemory()
    #expect(state.throwAwayBody() == frame.header)
    #expect(state.inFlightRequestCount == 0)
    #expect(
      actions(&state, frame.body + Frame(.stats, 2).bytes).words == ["begin 2", "Stats 2", "needsMore"])
  }

  @Test func `a drain refuses new requests and sees through what has begun`() {
    var state = ConnectionState(limits: small())
    let frame = Frame(.append, 1, [1, 2, 3])
    _ = actions(&state, Array(frame.bytes.prefix(13)))
    state.drain()
    #expect(!state.isDone)
    let (words, _) = actions(&state, Array(frame.bytes.dropFirst(13)) + Frame(.append, 2, [4]).bytes)
    #expect(words == ["gather 2", "Append 1", "refuse 2 14", "needsMore"])
    state.answered(byteCount: 3)
    #expect(state.isDone)
  }

  @Test func `an idle connection is done as soon as it drains`() {
    var state = ConnectionState(limits: small())
    #expect(!state.isDone)
    state.drain()
    #expect(state.isDone)
  }

  @Test func `a client that has sent its last byte still gets its answers`() {
    var state = ConnectionState(limits: small())
    _ = actions(&state, Frame(.stats, 1).bytes + Array(Frame(.append, 2, [1, 2]).bytes.prefix(13)))
    state.inputClosed()
    #expect(state.inFlightRequestCount == 1, "the half request is forgotten")
    #expect(!state.isDone)
    state.answered(byteCount: 0)
    #expect(state.isDone)
  }

  @Test func `a frame that stands still ends the connection under its request id`() {
    var state = ConnectionState(limits: small())
    _ = actions(&state, Array(Frame(.append, 4, [1, 2]).bytes.prefix(13)))
    #expect(state.endStalled() == 4)
    #expect(state.hasEnded)
    #expect(state.isDone)
  }

  @Test func `random bytes never trap and never leave more in flight than the limits`() {
    for seed in 0..<200 {
      var random = SeededBytes(seed: UInt64(seed))
      var state = ConnectionState(limits: small())
      for _ in 0..<50 {
        _ = actions(&state, random.frameLikeBytes())
        #expect(state.inFlightRequestCount <= 3, "seed \(seed)")
        #expect(state.inFlightByteCount <= 100 + 1000, "seed \(seed)")
      }
    }
  }
}

/// Bytes that are often nearly a frame.
private struct SeededBytes {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

  private mutating func next() -> UInt8 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 40)
  }

  mutating func frameLikeBytes() -> [UInt8] {
    let body = (0..<Int(next() % 40)).map { _ in next() }
    var bytes = Frame(RPCMethod(rawValue: 1 + next() % 10) ?? .append, UInt32(next()), body).bytes
    if next() % 3 == 0 { bytes[Int(next()) % bytes.count] ^= next() }
    return Array(bytes.prefix(next() % 4 == 0 ? Int(next()) : bytes.count))
  }
}
