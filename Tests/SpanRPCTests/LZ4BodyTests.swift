import SpanWire
import Testing

struct LZ4BodyTests {
  static let plain = [UInt8]((0..<4000).map { UInt8(truncatingIfNeeded: $0 / 16) })

  private func compressed() throws -> [UInt8] {
    try #require(Self.plain.withUnsafeBytes { LZ4Body.compressed($0) })
  }

  private func uncompressed(_ body: [UInt8], atMost byteCountMax: Int = 1 << 20) throws(LZ4Error) -> [UInt8] {
    let result = body.withUnsafeBytes { body -> Result<[UInt8], LZ4Error> in
      do throws(LZ4Error) {
        return .success(try LZ4Body.uncompressed(body, atMost: byteCountMax))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  @Test func `what is compressed comes out again`() throws {
    let body = try compressed()
    #expect(body.count < Self.plain.count)
    #expect(try uncompressed(body) == Self.plain)
  }

  @Test func `what does not shrink stays as it is`() {
    var state: UInt64 = 42
    let noise = (0..<2000).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    #expect(noise.withUnsafeBytes { LZ4Body.compressed($0) } == nil)
    #expect([UInt8](repeating: 0, count: 100).withUnsafeBytes { LZ4Body.compressed($0) } == nil)
  }

  @Test func `a claim over the limit is refused before memory is granted`() throws {
    let body = try compressed()
    #expect(throws: LZ4Error.tooLarge(claimedByteCount: 4000, byteCountMax: 3999)) {
      try uncompressed(body, atMost: 3999)
    }
  }

  @Test func `a claim that no block of its size can hold is refused`() {
    let body: [UInt8] = [0, 0, 0, 1, 0x10, 0x41]
    #expect(throws: LZ4Error.impossible(claimedByteCount: 1 << 24, blockByteCount: 2)) {
      try uncompressed(body, atMost: 1 << 30)
    }
  }

  @Test func `every cut of a compressed body is refused`() throws {
    let body = try compressed()
    for byteCount in 0..<body.count {
      #expect(throws: LZ4Error.self) { try uncompressed(Array(body.prefix(byteCount))) }
    }
  }

  @Test func `every flipped bit gives bytes of the claimed size or an error, never a trap`() throws {
    let body = try compressed()
    for bit in 0..<(8 * body.count) {
      var flipped = body
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      if let bytes = try? uncompressed(flipped), bit >= 32 { #expect(bytes.count == Self.plain.count) }
    }
  }
}
