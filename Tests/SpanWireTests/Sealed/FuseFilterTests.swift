import SpanTestKit
import SpanWire
import Testing

struct FuseFilterTests {
  @Test(arguments: [1, 2, 3, 4, 5, 10, 64, 65, 100, 1000, 9_999, 10_000, 20_000, 200_000, 250_000])
  func `every key is found`(keyCount: Int) throws {
    let keys = Self.keys(keyCount)
    let bytes = Self.filter(of: keys)
    let filter = try Self.decoded(bytes)
    #expect(filter.keyCount == keyCount)
    #expect(Self.found(keys, of: filter, in: bytes) == keyCount)
  }

  /// Rows of a segment have sets of any small size, and each size is an attempt of its own.
  @Test func `every key of every set of up to 600 keys is found`() throws {
    let all = Self.keys(600)
    var builder = FuseFilterBuilder()
    for keyCount in 0...600 {
      let keys = Array(all[..<keyCount])
      let bytes = Self.filter(of: keys, seed: UInt64(keyCount), by: &builder)
      #expect(bytes.count == FuseFilter.byteCount(keyCount: keyCount))
      #expect(Self.found(keys, of: try Self.decoded(bytes), in: bytes) == keyCount)
    }
  }

  @Test(arguments: [20, 1000, 100_000])
  func `of other hashes about one in 256 is found`(keyCount: Int) throws {
    let bytes = Self.filter(of: Self.keys(keyCount))
    let others = Self.keys(200_000, seed: 2)
    let share = Double(Self.found(others, of: try Self.decoded(bytes), in: bytes)) / Double(others.count)
    #expect((0.002...0.006).contains(share))
  }

  @Test(arguments: [(100, 12.5), (500, 10.5), (2000, 10), (10_000, 10), (100_000, 9.3), (1_000_000, 9.01)])
  func `a key takes few bits`(keyCount: Int, bitCountMax: Double) {
    let bitCount = Double(FuseFilter.byteCount(keyCount: keyCount) * 8) / Double(keyCount)
    #expect(bitCount <= bitCountMax)
  }

  @Test func `hashes that count upwards are as good as others`() throws {
    let keys = (0..<10_000).map { UInt64($0) }
    let bytes = Self.filter(of: keys)
    #expect(Self.found(keys, of: try Self.decoded(bytes), in: bytes) == keys.count)
    let others = keys.map { $0 + 10_000 }
    #expect(Self.found(others, of: try Self.decoded(bytes), in: bytes) < 60)
  }

  @Test func `an empty set holds nothing`() throws {
    let bytes = Self.filter(of: [])
    let filter = try Self.decoded(bytes)
    #expect(bytes.count == FuseFilter.headerByteCount)
    #expect(Self.found(Self.keys(1000), of: filter, in: bytes) == 0)
  }

  /// Segments hold filters: whatever else changes, these bytes must still be read like this.
  @Test func `filters stay what they were`() throws {
    let bytes = Self.filter(of: Array(1...10), seed: 7)
    #expect(
      Self.hex(bytes)
        == "0a00000007000000ddd168e4cb290774010001008b8c0000006c00a000e4000000ac00899800e100d1")
    let filter = try Self.decoded(bytes)
    let maybe = (1...2000).filter { Self.found([$0], of: filter, in: bytes) == 1 }
    #expect(maybe == Array(1...10) + [89, 346, 810, 873, 1242, 1365, 1940])
  }

  /// The same for a chain of many segments.
  @Test func `large filters stay what they were`() {
    let bytes = Self.filter(of: Array(1...10_000), seed: 7)
    #expect(bytes.withUnsafeBytes { CRC32C.checksum($0) } == 0x750d_cf53)
  }
}

// What filters are built of.
extension FuseFilterTests {
  @Test func `order and repetition make no difference`() {
    let keys = Self.keys(5000)
    let often = keys + keys.reversed() + [UInt64](repeating: keys[17], count: 5000)
    #expect(Self.filter(of: often) == Self.filter(of: keys))
  }

  @Test func `three keys a hundred thousand times are three keys`() throws {
    let keys = Self.keys(3)
    let often = (0..<100_000).map { keys[$0 % 3] }
    #expect(Self.filter(of: often) == Self.filter(of: keys))
  }

  @Test func `seeds make different filters`() {
    let keys = Self.keys(100)
    #expect(Self.filter(of: keys, seed: 1) != Self.filter(of: keys, seed: 2))
  }

  @Test func `what was built before makes no difference`() {
    var builder = FuseFilterBuilder()
    for keyCount in [0, 3000, 10, 0, 70, 12_000, 200] {
      let keys = Self.keys(keyCount)
      #expect(Self.filter(of: keys, by: &builder) == Self.filter(of: keys))
    }
  }

  @Test func `filters may stand behind one another`() throws {
    var bytes: [UInt8] = [1, 2, 3]
    var builder = FuseFilterBuilder()
    for seed in [1, 2] as [UInt64] {
      Self.keys(50, seed: seed).withUnsafeBufferPointer { builder.build($0, seed: 9, into: &bytes) }
    }
    #expect(bytes[..<3] == [1, 2, 3])
    let first = Array(bytes[3...])
    let second = Array(first[try Self.decoded(first).byteCount...])
    #expect(Self.found(Self.keys(50, seed: 1), of: try Self.decoded(first), in: first) == 50)
    #expect(Self.found(Self.keys(50, seed: 2), of: try Self.decoded(second), in: second) == 50)
    #expect(try Self.decoded(second).byteCount == second.count)
  }

  @Test func `when building fails, the filter says maybe of all`() throws {
    var builder = FuseFilterBuilder(attemptCountMax: 0)
    let bytes = Self.filter(of: Self.keys(100) + Self.keys(100), by: &builder)
    let filter = try Self.decoded(bytes)
    #expect(bytes.count == FuseFilter.headerByteCount)
    #expect(filter.keyCount == 100)
    #expect(Self.found(Self.keys(1000, seed: 3), of: filter, in: bytes) == 1000)
  }
}

// Bytes that are not what they should be.
extension FuseFilterTests {
  @Test(arguments: [0, 12]) func `a filter cut anywhere is too short`(keyCount: Int) {
    let bytes = Self.filter(of: Self.keys(keyCount))
    for byteCount in 0..<bytes.count {
      let needed = byteCount < FuseFilter.headerByteCount ? FuseFilter.headerByteCount : bytes.count
      #expect(throws: FormatError.tooShort(byteCount: byteCount, needed: needed)) {
        try Self.decoded(Array(bytes[..<byteCount]))
      }
    }
  }

  @Test func `asked with fewer bytes than before, it says maybe`() throws {
    let bytes = Self.filter(of: Self.keys(12))
    let filter = try Self.decoded(bytes)
    let others = Self.keys(100, seed: 2)
    for byteCount in 0..<bytes.count {
      #expect(Self.found(others, of: filter, in: Array(bytes[..<byteCount])) == 100)
    }
  }

  @Test func `with any bit flipped it is refused or answers from its own bytes`() {
    let bytes = Self.filter(of: Self.keys(12))
    let asked = Self.keys(200) + [0, .max, 1 << 63]
    var refusedCount = 0
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      guard let filter = try? Self.decoded(flipped) else {
        refusedCount += 1
        continue
      }
      #expect(filter.byteCount <= flipped.count)
      #expect(Self.found(asked, of: filter, in: flipped) <= asked.count)
    }
    // Of 12 keys in three segments of 7: all 16 bits of the form and 16 of the segment count; 30 of the
    // length, as 6 and 5 would do too; 28 of the key count, as up to 21 would. None of seed or fingerprints.
    #expect(refusedCount == 90)
  }

  @Test func `random headers never lead outside`() {
    var random = SeededRandom(seed: 5)
    var decodedCount = 0
    for _ in 0..<20_000 {
      var bytes = (0..<120).map { _ in UInt8.random(in: 0...255, using: &random) }
      // Small numbers, so that some of the headers hold together.
      for byte in [1, 2, 3, 5, 6, 7, 17, 19] { bytes[byte] = 0 }
      for byte in [0, 4, 16, 18] { bytes[byte] &= 15 }
      guard let filter = try? Self.decoded(bytes) else { continue }
      decodedCount += 1
      #expect(filter.byteCount <= bytes.count)
      #expect(Self.found([random.next(), 0, .max], of: filter, in: bytes) <= 3)
    }
    #expect(decodedCount > 500)
  }

  @Test(
    arguments: [
      (18, [0, 0], "filter form"), (18, [3, 0], "filter form"), (18, [2, 0], "segment length"),
      (4, [0, 0, 0, 0], "segment length"), (16, [0, 0], "segment count"),
      (0, [0, 0, 0, 0], "segment length"),
      (0, [200, 0, 0, 0], "key count"),
    ] as [(Int, [UInt8], String)])
  func `headers that cannot be true are refused by field`(byte: Int, value: [UInt8], field: String) {
    var bytes = Self.filter(of: Self.keys(12))
    bytes.replaceSubrange(byte..<byte + value.count, with: value)
    let error = #expect(throws: FormatError.self) { try Self.decoded(bytes) }
    #expect(error?.description == "field \(field) holds an impossible value")
  }

  @Test func `the largest lengths a header can claim are too long, not an overflow`() {
    var bytes = Self.filter(of: Self.keys(12))
    for byte in [4, 5, 6, 7, 16, 17] { bytes[byte] = 255 }
    let needed = 20 + 65_537 * 4_294_967_295
    #expect(throws: FormatError.tooShort(byteCount: bytes.count, needed: needed)) { try Self.decoded(bytes) }
  }
}

extension FuseFilterTests {
  private static func keys(_ count: Int, seed: UInt64 = 1) -> [UInt64] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in random.next() }
  }

  private static func filter(of keys: [UInt64], seed: UInt64 = 7) -> [UInt8] {
    var builder = FuseFilterBuilder()
    return filter(of: keys, seed: seed, by: &builder)
  }

  private static func filter(
    of keys: [UInt64], seed: UInt64 = 7, by builder: inout FuseFilterBuilder
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    keys.withUnsafeBufferPointer { builder.build($0, seed: seed, into: &bytes) }
    return bytes
  }

  private static func decoded(_ bytes: [UInt8]) throws -> FuseFilter {
    try bytes.withUnsafeBytes { try FuseFilter(decoding: $0) }
  }

  private static func found(_ keys: [UInt64], of filter: FuseFilter, in bytes: [UInt8]) -> Int {
    bytes.withUnsafeBytes { bytes in
      keys.reduce(0) { $0 + (filter.mayContain($1, in: bytes) ? 1 : 0) }
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
