import CChecksum
import SpanTestKit
import SpanWire
import Testing

struct CRC32CTests {
  /// RFC 3720 appendix B.4, and the check value of the CRC catalogues.
  static let published: [([UInt8], UInt32)] = [
    ([UInt8]("123456789".utf8), 0xe306_9283),
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    ([UInt8](0..<32), 0x46dd_794e),
    ([UInt8]((0..<32).reversed()), 0x113f_db5c),
    ([], 0),
  ]

  @Test(arguments: published)
  func `published checksums come out`(bytes: [UInt8], checksum: UInt32) {
    #expect(bytes.withUnsafeBytes { CRC32C.checksum($0) } == checksum)
    #expect(bytes.withUnsafeBytes { spanlog_crc32c_portable(0, $0.baseAddress, $0.count) } == checksum)
  }

  @Test func `no bytes at no address leave the checksum as it was`() {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    #expect(CRC32C.checksum(nothing, continuing: 0x1234_5678) == 0x1234_5678)
  }

  @Test func `every length at every alignment agrees with the table`() {
    let bytes = noise(byteCount: 2016)
    for offset in 0..<16 {
      for byteCount in 0...2000 {
        let (checksum, portable) = checksums(of: bytes[offset..<offset + byteCount], continuing: 0xdead_beef)
        guard checksum != portable else { continue }
        Issue.record("offset \(offset), \(byteCount) bytes: \(checksum), by table \(portable)")
      }
    }
  }

  /// One to several full turns of three streams, and the lengths around them.
  @Test(arguments: [6143, 6144, 6145, 6527, 6528, 12_287, 12_288, 12_289, 16_384, 20_000, 200_001])
  func `long buffers agree with the table`(byteCount: Int) {
    let (checksum, portable) = checksums(of: noise(byteCount: byteCount)[...], continuing: 1)
    #expect(checksum == portable)
  }

  @Test func `a checksum may be continued anywhere`() {
    let bytes = noise(byteCount: 1500)
    let whole = checksums(of: bytes[...], continuing: 0).0
    for cut in 0...bytes.count {
      let first = checksums(of: bytes[..<cut], continuing: 0).0
      #expect(checksums(of: bytes[cut...], continuing: first).0 == whole, "cut at \(cut)")
    }
  }

  private func checksums(of bytes: ArraySlice<UInt8>, continuing: UInt32) -> (UInt32, UInt32) {
    bytes.withUnsafeBytes { bytes in
      (
        CRC32C.checksum(bytes, continuing: continuing),
        spanlog_crc32c_portable(continuing, bytes.baseAddress, bytes.count)
      )
    }
  }

  private func noise(byteCount: Int) -> [UInt8] {
    var random = SeededRandom(seed: 7)
    return (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
  }
}
