/// The 8 bytes that name a span within its trace, in network order.
@frozen
public struct SpanID: Hashable, Sendable {
  @inlinable public static var byteCount: Int { 8 }
  @inlinable public static var zero: SpanID { SpanID(0) }

  /// The eight bytes, read as a big-endian number.
  public let rawValue: UInt64

  @inlinable
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  @inlinable
  public var isZero: Bool { rawValue == 0 }
}

extension SpanID: CustomStringConvertible {
  /// 16 lowercase hex digits.
  public var description: String { hexDigits(of: rawValue) }
}
