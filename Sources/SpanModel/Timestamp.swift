/// A moment: nanoseconds since 1970-01-01T00:00:00Z, as OTLP counts them.
@frozen
public struct Timestamp: Hashable, Comparable, Sendable {
  public let nanoseconds: UInt64

  @inlinable
  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }
}
