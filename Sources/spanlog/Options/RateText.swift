/// How fast a replay is, as it is written in `--rate`: `1x`, `10x`, `0.5x`, `max`.
enum RateText {
  /// - Returns: the factor; `nil` is as fast as possible.
  static func parse(_ text: String) throws(RateTextError) -> Double? {
    if text == "max" { return nil }
    let number = text.dropLast()
    guard text.hasSuffix("x"), number.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }),
      let factor = Double(number), factor > 0, factor.isFinite
    else { throw RateTextError(text: text) }
    return factor
  }
}

struct RateTextError: Error, CustomStringConvertible {
  let text: String

  var description: String {
    "\"\(text)\" is no rate; write how many times as fast as recorded, as in 1x or 10x, or max"
  }
}
