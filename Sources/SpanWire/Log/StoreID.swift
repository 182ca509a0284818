/// 128 random bits that name a data directory for ever; every file in it carries them.
package struct StoreID: Hashable, Sendable {
  package static let byteCount = 16

  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  package init(decoding bytes: UnsafeRawPointer) {
    self.init(high: bytes.bigEndian(at: 0), low: bytes.bigEndian(at: 8))
  }

  package func encode(to bytes: UnsafeMutableRawPointer) {
    bytes.storeBigEndian(high, at: 0)
    bytes.storeBigEndian(low, at: 8)
  }
}
