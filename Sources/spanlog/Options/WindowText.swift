/// A window of time as it is written in flags: `500ms`, `10s`, `5m`.
enum WindowText {
  private static let units: [(suffix: String, nanoseconds: UInt64)] = [
    ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
  ]

  /// - Returns: nanoseconds.
  static func parse(_ text: String) throws(WindowTextError) -> UInt64 {
    guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else {
      throw WindowTextError(text: text)
    }
    let digits = text.dropLast(unit.suffix.count)
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(digits) else {
      throw WindowTextError(text: text)
    }
    return UInt64(number) * unit.nanoseconds
  }
}

struct WindowTextError: Error, CustomStringConvertible {
  let text: String

  var description: String { "\"\(text)\" is no duration; write a number and ms, s or m, as in 10s" }
}
