import SpanModel

/// Durability modes as they are written in flags: `sync`, `os`, `interval=100ms`.
enum DurabilityText {
  /// A longer one would lose more than anybody expects of an interval.
  private static let intervalMax = Duration.seconds(60)

  static func parse(_ text: String) throws(DurabilityTextError) -> Durability {
    switch text {
    case "sync": return .sync
    case "os": return .operatingSystem
    default:
      guard text.hasPrefix("interval="), let interval = duration(text.dropFirst("interval=".count)),
        interval > .zero, interval <= intervalMax
      else { throw DurabilityTextError(text: text) }
      return .interval(interval)
    }
  }

  /// `100ms` or `2s`.
  private static func duration(_ text: Substring) -> Duration? {
    if text.hasSuffix("ms") { return UInt32(text.dropLast(2)).map { .milliseconds($0) } }
    if text.hasSuffix("s") { return UInt32(text.dropLast()).map { .seconds($0) } }
    return nil
  }
}

struct DurabilityTextError: Error, CustomStringConvertible {
  let text: String

  var description: String {
    "\"\(text)\" is no durability; write sync, os, or interval= and 1ms to 60s, as in interval=100ms"
  }
}
