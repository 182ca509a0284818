/// How long things took, in buckets that are 3 % wide at the most: any number of values in 8 KiB.
struct LatencyHistogram: Sendable {
  /// Each power of two is cut into 32 buckets.
  private static let exponent = 5

  private var counts = [UInt64](repeating: 0, count: 64 << exponent)
  private(set) var count: UInt64 = 0
  private(set) var max: UInt64 = 0

  mutating func add(nanoseconds: UInt64) {
    counts[Self.bucket(of: nanoseconds)] += 1
    count += 1
    max = Swift.max(max, nanoseconds)
  }

  mutating func add(_ other: LatencyHistogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    count += other.count
    max = Swift.max(max, other.max)
  }

  /// The value that a share of all values does not exceed, 3 % too large at the most; 0 when there are none.
  func quantile(_ share: Double) -> UInt64 {
    let rank = UInt64((share * Double(count)).rounded(.up))
    var seen: UInt64 = 0
    for (index, number) in counts.enumerated() where number > 0 {
      seen += number
      if seen >= rank { return Swift.min(Self.upperBound(ofBucket: index), max) }
    }
    return max
  }

  /// Values below 32 have buckets of their own; of others the six bits from the highest one on count.
  private static func bucket(of value: UInt64) -> Int {
    let shift = Swift.max(0, 63 - exponent - value.leadingZeroBitCount)
    return shift << exponent + Int(value >> UInt64(shift))
  }

  private static func upperBound(ofBucket bucket: Int) -> UInt64 {
    let shift = Swift.max(0, bucket >> exponent - 1)
    let low = UInt64(bucket - shift << exponent) << UInt64(shift)
    return low + ((1 << UInt64(shift)) - 1)
  }
}
