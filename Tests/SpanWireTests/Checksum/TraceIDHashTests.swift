import SpanModel
import SpanWire
import Testing

struct TraceIDHashTests {
  static let hash = TraceIDHash(key: HashKey(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210))

  /// Index files hold hashes: these may never change.
  @Test(
    arguments: [
      (TraceID(high: 0, low: 1), 0xedf9_9423_d373_1ca0),
      (TraceID(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10), 0xc37d_6dcc_b1b3_e51a),
    ] as [(TraceID, UInt64)])
  func `hashes stay what they were`(traceID: TraceID, hash: UInt64) {
    #expect(Self.hash.hash(of: traceID) == hash)
  }

  @Test(arguments: 0..<128)
  func `flipping any bit of an id flips about half of the hash's`(bit: Int) {
    var flipped = 0
    for number in 0..<256 as Range<UInt64> {
      let id = TraceID(high: number &* 0x9e37_79b9_7f4a_7c15, low: number)
      let mask = 1 << UInt64(bit % 64) as UInt64
      let other = TraceID(high: id.high ^ (bit < 64 ? mask : 0), low: id.low ^ (bit < 64 ? 0 : mask))
      flipped += (Self.hash.hash(of: id) ^ Self.hash.hash(of: other)).nonzeroBitCount
    }
    #expect((28...36).contains(Double(flipped) / 256))
  }

  /// 64-bit ids counted upwards are the worst that real senders do.
  @Test(arguments: [0, 16, 48] as [UInt64])
  func `ids that count upwards spread evenly over any 16 bits`(shift: UInt64) {
    var counts = [Int](repeating: 0, count: 1 << 16)
    for number in 1...(1 << 18) as ClosedRange<UInt64> {
      counts[Int(Self.hash.hash(of: TraceID(high: 0, low: number)) >> shift & 0xffff)] += 1
    }
    // Four fall into each place on average; by chance alone no place of 65,536 gets over 22.
    #expect(counts.max() ?? 0 <= 22)
  }
}
