/// A length of time as it is written in rules: `250ms`, `1.5s`.
struct DurationText {
  /// The longest first: the largest that divides is the one to write with. Both signs of micro are taken.
  private static let units: [(name: String, nanoseconds: UInt64)] = [
    ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
    ("us", 1_000), ("\u{b5}s", 1_000), ("\u{3bc}s", 1_000), ("ns", 1),
  ]

  /// `nil` when it is no whole number of nanoseconds, or more of them than 64 bits count: 584 years.
  let nanoseconds: UInt64?

  /// - Returns: `nil` when `text` is not a number and a unit.
  init?(_ text: String) {
    let number = text.prefix { $0.isASCII && !$0.isLetter }
    let unitName = text.dropFirst(number.count)
    guard let unit = Self.units.first(where: { $0.name.utf8.elementsEqual(unitName.utf8) }),
      let number = DecimalText(number)
    else { return nil }
    let (product, overflow) = number.billionths.multipliedReportingOverflow(by: UInt128(unit.nanoseconds))
    let (whole, rest) = product.quotientAndRemainder(dividingBy: 1_000_000_000)
    nanoseconds = overflow || rest != 0 ? nil : UInt64(exactly: whole)
  }

  /// So many nanoseconds as the text that says so.
  static func text(nanoseconds: UInt64) -> String {
    let unit = units.first { $0.nanoseconds <= nanoseconds && nanoseconds % $0.nanoseconds == 0 } ?? ("ns", 1)
    return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
  }
}
