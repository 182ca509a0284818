import SpanModel

/// Moments as they are written in flags: RFC 3339, or seconds or nanoseconds since 1970.
enum MomentText {
  static func parse(_ text: String) throws(MomentTextError) -> Timestamp {
    guard let moment = number(text) ?? date(text) else { throw MomentTextError(text: text) }
    return moment
  }

  /// Up to 11 digits are seconds, which reach beyond the range of 64 bits of nanoseconds, and 17 or more
  /// nanoseconds, which then are of 1973 or later.
  private static func number(_ text: String) -> Timestamp? {
    guard let number = digits(text[...]) else { return nil }
    switch text.utf8.count {
    case ...11: return timestamp(seconds: Int64(number), nanoseconds: 0)
    case 17...: return Timestamp(nanoseconds: number)
    default: return nil
    }
  }

  /// `2024-01-02T03:04:05.678Z`, `2024-01-02T03:04:05+01:00`
  private static func date(_ text: String) -> Timestamp? {
    var rest = text[...]
    guard let year = take(4, "-", from: &rest), let month = take(2, "-", from: &rest),
      let day = take(2, "Tt ", from: &rest), let hour = take(2, ":", from: &rest),
      let minute = take(2, ":", from: &rest), let second = take(2, "", from: &rest)
    else { return nil }
    guard let nanoseconds = takeFraction(from: &rest), let zone = zoneSeconds(rest) else { return nil }
    return seconds(year, month, day, hour, minute, second).flatMap {
      timestamp(seconds: $0 - zone, nanoseconds: nanoseconds)
    }
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that servers of today send.
  static func httpDate(_ text: String) -> Timestamp? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
      return nil
    }
    var time = parts[4]
    guard let day = digits(parts[1]), let year = digits(parts[3]), let hour = take(2, ":", from: &time),
      let minute = take(2, ":", from: &time), let second = take(2, "", from: &time), time.isEmpty
    else { return nil }
    return seconds(year, UInt64(month) + 1, day, hour, minute, second).flatMap {
      timestamp(seconds: $0, nanoseconds: 0)
    }
  }

  // MARK: Parts

  private static func digits(_ text: Substring) -> UInt64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt64(text)
  }

  /// A number of `count` digits, and one of `separators` behind it if there are any.
  private static func take(_ count: Int, _ separators: String, from rest: inout Substring) -> UInt64? {
    guard rest.utf8.count >= count, let number = digits(rest.prefix(count)) else { return nil }
    rest = rest.dropFirst(count)
    if separators.isEmpty { return number }
    guard let first = rest.popFirst(), separators.contains(first) else { return nil }
    return number
  }

  /// Up to nine digits behind a point; 0 when there is none.
  private static func takeFraction(from rest: inout Substring) -> UInt64? {
    guard rest.first == "." else { return 0 }
    let fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
    guard (1...9).contains(fraction.count), let number = digits(fraction) else { return nil }
    rest = rest.dropFirst(fraction.count + 1)
    return (fraction.count..<9).reduce(number) { number, _ in number * 10 }
  }

  private static func zoneSeconds(_ text: Substring) -> Int64? {
    if text == "Z" || text == "z" { return 0 }
    var rest = text.dropFirst()
    guard let sign = text.first, "+-".contains(sign), let hours = take(2, ":", from: &rest),
      let minutes = take(2, "", from: &rest), rest.isEmpty, hours < 24, minutes < 60
    else { return nil }
    return Int64(hours * 3600 + minutes * 60) * (sign == "-" ? -1 : 1)
  }

  /// Seconds since 1970, of a date that there is.
  private static func seconds(
    _ year: UInt64, _ month: UInt64, _ day: UInt64, _ hour: UInt64, _ minute: UInt64, _ second: UInt64
  ) -> Int64? {
    guard (1600...9999).contains(year), (1...12).contains(month), hour < 24, minute < 60, second <= 60 else {
      return nil
    }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [UInt64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day >= 1, day <= lengths[Int(month) - 1] else { return nil }
    let dayOfYear = lengths.prefix(Int(month) - 1).reduce(0, +) + day - 1
    let before = Int64(year) - 1
    // 719,162 days from the first of year 1 to 1970.
    let days = before * 365 + before / 4 - before / 100 + before / 400 + Int64(dayOfYear) - 719_162
    return days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
  }

  /// - Returns: `nil` outside of what 64 bits of nanoseconds reach, 1970 to 2554.
  private static func timestamp(seconds: Int64, nanoseconds: UInt64) -> Timestamp? {
    guard seconds >= 0 else { return nil }
    let (whole, isTooLarge) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflows) = whole.addingReportingOverflow(nanoseconds)
    return isTooLarge || overflows ? nil : Timestamp(nanoseconds: sum)
  }
}

struct MomentTextError: Error, CustomStringConvertible {
  let text: String

  var description: String {
    "\"\(text)\" is no time; write it as in 2024-01-02T03:04:05Z, or seconds or nanoseconds since 1970"
  }
}
