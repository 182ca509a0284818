/// Spans of time as they are written in flags: a number and ms, s, m, h or d, as 30s; 0 alone is none.
enum DurationText {
  /// A century: whatever is longer is meant to have no end, and is a mistake.
  private static let durationMax = Duration.seconds(100 * 365 * 86_400)
  /// The longer names first: "ms" ends in "s".
  private static let units: [(name: String, duration: Duration)] = [
    ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
    ("d", .seconds(86_400)),
  ]

  static func parse(_ text: String) throws(DurationTextError) -> Duration {
    if text == "0" { return .zero }
    guard let unit = units.first(where: { text.hasSuffix($0.name) }),
      let count = UInt32(text.dropLast(unit.name.count)), unit.duration * Int(count) <= durationMax
    else { throw DurationTextError(text: text) }
    return unit.duration * Int(count)
  }
}

struct DurationTextError: Error, CustomStringConvertible {
  let text: String

  var description: String {
    "\"\(text)\" is no span of time; write a number and ms, s, m, h or d, as in 30s, no more than 100 years"
  }
}
