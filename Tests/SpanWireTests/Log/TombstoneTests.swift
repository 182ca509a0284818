import SpanModel
import SpanWire
import Testing

struct TombstoneTests {
  private let key = HashKey(high: 0x1111_1111_1111_1111, low: 0x2222_2222_2222_2222)
  private let id = TraceID(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10)

  private func bytes(of tombstone: Tombstone) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Tombstone.byteCount)
    bytes.withUnsafeMutableBytes { tombstone.encode(to: $0.baseAddress!) }
    return bytes
  }

  @Test func `a tombstone reads back as it was written, and has the fields where the page says`() throws {
    let tombstone = Tombstone(
      trace: TraceDigest(high: 1, low: 2), sequence: RecordSequence(3), deleted: Timestamp(nanoseconds: 4),
      heldUntil: Timestamp(nanoseconds: 5))
    let bytes = bytes(of: tombstone)
    #expect([0, 8, 16, 24, 32].map { bytes[$0] } == [1, 2, 3, 4, 5])
    let read = try bytes.withUnsafeBytes { try Tombstone(decoding: $0, below: RecordSequence(4)) }
    #expect(read == tombstone)
  }

  @Test(arguments: [0, 39, 41])
  func `a body of another length is none`(byteCount: Int) {
    let bytes = [UInt8](repeating: 0, count: byteCount)
    #expect(throws: FormatError.self) {
      try bytes.withUnsafeBytes { try Tombstone(decoding: $0, below: RecordSequence(1)) }
    }
  }

  @Test func `one that would hide what came after it is none`() {
    let bytes = bytes(
      of: Tombstone(
        trace: TraceDigest(high: 1, low: 2), sequence: RecordSequence(9), deleted: Timestamp(nanoseconds: 0),
        heldUntil: Timestamp(nanoseconds: 0)))
    #expect(throws: FormatError.self) {
      try bytes.withUnsafeBytes { try Tombstone(decoding: $0, below: RecordSequence(9)) }
    }
  }

  /// As the page of the format has it, with the hash of the reference that `KeyedHash128Tests` is held
  /// against.
  @Test func `a trace is hashed by tenant and id, as bytes on the wire`() {
    var hash = KeyedHash128(key: (key.high, key.low))
    let message: [UInt8] = [7, 0, 0, 0, 0, 0, 0, 0] + Array(1...16)
    message.withUnsafeBytes { hash.combine($0) }
    let (high, low) = hash.finalize()
    #expect(TraceDigest(of: id, tenant: 7, key: key) == TraceDigest(high: high, low: low))
    #expect(TraceDigest(of: id, key: key) != TraceDigest(of: id, tenant: 7, key: key))
    #expect(TraceDigest(of: id, key: key) != TraceDigest(of: id, key: HashKey(high: 1, low: 2)))
  }
}
