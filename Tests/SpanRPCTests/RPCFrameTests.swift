import SpanWire
import Testing

struct RPCFrameTests {
  static let header: RPCFrameHeader = {
    var header = RPCFrameHeader(
      method: 2, flags: [.compressed, .moreFollows], requestID: 0x0102_0304, bodyByteCount: 0x0506)
    header.version = 1
    return header
  }()

  @Test func `the header is twelve bytes, little-endian`() {
    #expect(
      Self.header.encoded == [0x0e, 0x05, 0, 0, 1, 2, 3, 0, 4, 3, 2, 1])
  }

  @Test func `a header reads back as it was written`() throws {
    let decoded = try Self.header.encoded.withUnsafeBytes { try RPCFrameHeader(decoding: $0) }
    #expect(decoded == Self.header)
  }

  @Test(arguments: 0..<12)
  func `fewer than twelve bytes are no header yet`(byteCount: Int) throws {
    let bytes = Array(Self.header.encoded.prefix(byteCount))
    #expect(try bytes.withUnsafeBytes { try RPCFrameHeader(decoding: $0) } == nil)
  }

  @Test(arguments: 0..<8)
  func `a length that does not cover the header is refused`(length: UInt8) {
    let bytes: [UInt8] = [length, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0]
    #expect(throws: RPCFrameError.lengthTooSmall(length: UInt32(length))) {
      try bytes.withUnsafeBytes { try RPCFrameHeader(decoding: $0) }
    }
  }

  @Test func `every flipped bit of a header is read or refused, never a trap`() {
    let bytes = Self.header.encoded
    for bit in 0..<(8 * bytes.count) {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      let decoded = try? flipped.withUnsafeBytes { try RPCFrameHeader(decoding: $0) }
      #expect(decoded != Self.header)
      if let decoded { #expect(decoded.encoded == flipped) }
    }
  }

  @Test(arguments: 1...40)
  func `frames are the same however their bytes are cut`(runByteCount: Int) {
    let frames = [
      Frame(.append, 1, [UInt8](0..<30)), Frame(.stats, 2), Frame(.hello, 3, [7]), Frame(.append, 4),
    ]
    let bytes = frames.flatMap(\.bytes)
    var collector = FrameCollector()
    var collected: [Frame] = []
    var position = 0
    while position < bytes.count {
      let run = Array(bytes[position..<min(position + runByteCount, bytes.count)])
      collected += run.withUnsafeBytes { collector.read($0) }
      position += runByteCount
    }
    #expect(collected == frames)
  }

  @Test func `a body over the limit is refused under its request id, before any of it`() {
    var reader = RPCFrameReader(bodyByteCountMax: 10)
    let bytes = Frame(.append, 9, [UInt8](repeating: 0, count: 11)).bytes
    bytes.withUnsafeBytes { bytes in
      var left = bytes
      guard case .invalid(let error) = reader.next(&left) else {
        Issue.record("it was taken")
        return
      }
      #expect(error == .bodyTooLarge(requestID: 9, byteCount: 11, byteCountMax: 10))
      guard case .invalid = reader.next(&left) else {
        Issue.record("reading went on")
        return
      }
    }
  }
}
