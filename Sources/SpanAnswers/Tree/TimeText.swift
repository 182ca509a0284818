/// Times as people read them.
package enum TimeText {
  private static let units: [(name: String, nanosecondCount: Double)] = [
    ("d", 86_400e9), ("h", 3600e9), ("min", 60e9), ("s", 1e9), ("ms", 1e6), ("µs", 1e3),
  ]

  /// A duration with three significant digits and the unit that keeps it short: `41.3 ms`.
  package static func duration(nanoseconds: UInt64) -> String {
    let value = Double(nanoseconds)
    // From two minutes on minutes, from two hours on hours, from two days on days; below, decimal units.
    let found = units.first { value >= $0.nanosecondCount * ($0.nanosecondCount >= 60e9 ? 2 : 1) }
    guard let unit = found else { return "\(nanoseconds) ns" }
    return threeDigits(value / unit.nanosecondCount) + " " + unit.name
  }

  private static func threeDigits(_ value: Double) -> String {
    let decimalCount = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
    let scale = [1.0, 10, 100][decimalCount]
    let digits = "\(UInt64((value * scale).rounded()))"
    if decimalCount == 0 { return digits }
    return digits.dropLast(decimalCount) + "." + digits.suffix(decimalCount)
  }

  /// `2024-01-02 03:04:05.678901234 UTC`
  package static func moment(nanoseconds: UInt64) -> String {
    let seconds = nanoseconds / 1_000_000_000
    let (year, month, day) = civilDate(dayCount: seconds / 86_400)
    let time = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { padded($0, to: 2) }
    return "\(year)-\(padded(month, to: 2))-\(padded(day, to: 2)) \(time.joined(separator: ":"))."
      + "\(padded(nanoseconds % 1_000_000_000, to: 9)) UTC"
  }

  /// The Gregorian date that many days after 1970-01-01.
  ///
  /// Years are counted from March 1 of year 0, so that a leap day is the last of its year, in eras of 400
  /// years, which all have 146,097 days.
  private static func civilDate(dayCount: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
    let day = dayCount + 719_468  // Days from 0000-03-01 to 1970-01-01.
    let dayOfEra = day % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153  // 0 is March; five months in a row have 153 days.
    let year = day / 146_097 * 400 + yearOfEra + (month >= 10 ? 1 : 0)
    return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
  }

  private static func padded(_ number: UInt64, to digitCount: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, digitCount - digits.utf8.count)) + digits
  }
}
