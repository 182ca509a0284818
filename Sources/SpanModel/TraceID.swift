/// The 16 bytes that name a trace, in network order.
///
/// An id of 64 bits (Zipkin, old Jaeger) stands in the low half, the high half being zero.
///
/// `public` also because only that is inlined into other modules; scanning makes one for each span.
@frozen
public struct TraceID: Hashable, Sendable {
  @inlinable public static var byteCount: Int { 16 }
  @inlinable public static var zero: TraceID { TraceID(high: 0, low: 0) }

  /// The first eight bytes, read as a big-endian number.
  public let high: UInt64
  /// The last eight bytes, read as a big-endian number.
  public let low: UInt64

  @inlinable
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  @inlinable
  public var isZero: Bool { (high | low) == 0 }
}

extension TraceID: CustomStringConvertible {
  /// 32 lowercase hex digits.
  public var description: String { hexDigits(of: high) + hexDigits(of: low) }

  /// Reads 1 to 32 hex digits of either case; fewer than 32 are padded with zeroes on the left.
  ///
  /// - Returns: `nil` when the text is empty, too long, or holds anything but hex digits.
  public init?(_ text: some StringProtocol) {
    let digits = text.utf8
    guard (1...32).contains(digits.count) else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    for digit in digits {
      guard let value = hexValue(of: digit) else { return nil }
      high = high << 4 | low >> 60
      low = low << 4 | value
    }
    self.init(high: high, low: low)
  }
}

extension TraceID: Comparable {
  public static func < (left: TraceID, right: TraceID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}
