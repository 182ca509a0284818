/// A number as it is written in rules: digits, and perhaps a point and up to nine digits more.
struct DecimalText {
  private static let fractionDigitCountMax = 9
  /// So many fit `UInt64`; there is no unit by which more would make sense.
  private static let wholeDigitCountMax = 19

  let billionths: UInt128

  init?(_ text: Substring) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = Self.number(parts[0], digitCountMax: Self.wholeDigitCountMax) else { return nil }
    var fraction: UInt128 = 0
    if parts.count == 2 {
      guard var digits = Self.number(parts[1], digitCountMax: Self.fractionDigitCountMax) else { return nil }
      for _ in parts[1].utf8.count..<Self.fractionDigitCountMax { digits *= 10 }
      fraction = digits
    }
    billionths = whole * 1_000_000_000 + fraction
  }

  private static func number(_ text: Substring, digitCountMax: Int) -> UInt128? {
    guard (1...digitCountMax).contains(text.utf8.count), text.utf8.allSatisfy(isDigit) else { return nil }
    return UInt128(text)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

extension DecimalText {
  /// So many billionths as the text that says so.
  static func text(billionths: UInt64) -> String {
    let (whole, fraction) = billionths.quotientAndRemainder(dividingBy: 1_000_000_000)
    if fraction == 0 { return "\(whole)" }
    var digits = String(String(1_000_000_000 + fraction).dropFirst())
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
  }
}
