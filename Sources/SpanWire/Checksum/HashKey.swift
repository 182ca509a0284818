/// 128 random bits of a store that key its hashes: kept secret, so that nobody outside can choose what
/// collides.
package struct HashKey: Equatable, Sendable {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}
