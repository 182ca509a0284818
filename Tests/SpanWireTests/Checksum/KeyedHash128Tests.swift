import SpanModel
import SpanWire
import Testing

struct KeyedHash128Tests {
  /// The key of the authors' vectors: bytes 0 to 15.
  static let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)

  /// From the authors' list for 128 bits; the input is bytes 0, 1, 2 and so on.
  @Test(
    arguments: [
      (0, "a3817f04ba25a8e66df67214c7550293"),
      (1, "da87c1d86b99af44347659119b22fc45"),
      (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
      (63, "5150d1772f50834a503e069a973fbd7c"),
    ] as [(Int, String)])
  func `published hashes come out`(byteCount: Int, expected: String) {
    #expect(hex(hash(of: input(byteCount), pieceByteCount: byteCount)) == expected)
  }

  @Test(arguments: 1...17)
  func `where the pieces part makes no difference`(pieceByteCount: Int) {
    for byteCount in 0...64 {
      let whole = hash(of: input(byteCount), pieceByteCount: byteCount)
      let parted = hash(of: input(byteCount), pieceByteCount: pieceByteCount)
      #expect(whole == parted, "\(byteCount) bytes in pieces of \(pieceByteCount)")
    }
  }

  @Test(arguments: 0...9)
  func `a number is its eight bytes, lowest first, wherever it comes`(prefixByteCount: Int) {
    var byNumber = KeyedHash128(key: Self.key)
    input(prefixByteCount).withUnsafeBytes { byNumber.combine($0) }
    byNumber.combine(0x8877_6655_4433_2211 as UInt64)
    byNumber.combine(1 as UInt64)
    let numbers: [UInt8] = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 1, 0, 0, 0, 0, 0, 0, 0]
    let bytes = input(prefixByteCount) + numbers
    #expect(byNumber.finalize() == hash(of: bytes, pieceByteCount: bytes.count))
  }

  @Test func `the hash depends on every bit of the key`() {
    let plain = KeyedHash128(key: (0, 0)).finalize()
    for bit in 0..<64 {
      #expect(KeyedHash128(key: (1 << UInt64(bit), 0)).finalize() != plain)
      #expect(KeyedHash128(key: (0, 1 << UInt64(bit))).finalize() != plain)
    }
  }

  private func input(_ byteCount: Int) -> [UInt8] { (0..<byteCount).map { UInt8($0) } }

  private func hash(of bytes: [UInt8], pieceByteCount: Int) -> (UInt64, UInt64) {
    var hash = KeyedHash128(key: Self.key)
    for start in stride(from: 0, to: bytes.count, by: max(1, pieceByteCount)) {
      bytes[start..<min(bytes.count, start + pieceByteCount)].withUnsafeBytes { hash.combine($0) }
    }
    return hash.finalize()
  }

  private func hex(_ hash: (UInt64, UInt64)) -> String {
    [hash.0, hash.1].map { hexDigits(of: $0.byteSwapped) }.joined()
  }
}
