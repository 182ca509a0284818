import SpanModel
import Testing

@testable import SpanAnswers

struct TimeTextTests {
  @Test(
    arguments: [
      (0, "0 ns"), (999, "999 ns"), (1000, "1.00 µs"), (9994, "9.99 µs"), (9996, "10.0 µs"),
      (99_960, "100 µs"), (999_499, "999 µs"), (41_300_000, "41.3 ms"), (1_000_000_000, "1.00 s"),
      (119_900_000_000, "120 s"), (120_000_000_000, "2.00 min"), (7200_000_000_000, "2.00 h"),
      (172_800_000_000_000, "2.00 d"), (UInt64.max, "213504 d"),
    ] as [(UInt64, String)])
  func `durations have three digits and a unit`(nanoseconds: UInt64, text: String) {
    #expect(TimeText.duration(nanoseconds: nanoseconds) == text)
  }

  @Test(
    arguments: [
      (0, "1970-01-01 00:00:00.000000000 UTC"),
      (951_782_400_000_000_001, "2000-02-29 00:00:00.000000001 UTC"),
      (951_868_799_999_999_999, "2000-02-29 23:59:59.999999999 UTC"),
      (1_544_712_660_000_000_000, "2018-12-13 14:51:00.000000000 UTC"),
      (4_107_542_400_000_000_000, "2100-03-01 00:00:00.000000000 UTC"),
      (UInt64.max, "2554-07-21 23:34:33.709551615 UTC"),
    ] as [(UInt64, String)])
  func `moments are dates of the Gregorian calendar`(nanoseconds: UInt64, text: String) {
    #expect(TimeText.moment(nanoseconds: nanoseconds) == text)
  }
}

struct TerminalTextTests {
  @Test(arguments: [
    ("plain", 5), ("grüße", 5), ("e\u{301}", 1), ("読む", 4), ("😀", 2), ("\u{1b}", 6), ("", 0),
  ])
  func `width is counted in columns`(text: String, columnCount: Int) {
    #expect(TerminalText(text.utf8).columnCount == columnCount)
  }

  @Test(arguments: [
    ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("読読", 3, "読…"), ("読読", 4, "読読"), ("a", 0, ""), ("ab", 1, "…"),
  ])
  func `what is too long ends in an ellipsis`(text: String, columnCountMax: Int, cut: String) {
    #expect(TerminalText(text.utf8, columnCountMax: columnCountMax).text == cut)
  }

  @Test func `a text without end is not walked to its end`() {
    let marks = String(repeating: "\u{301}", count: 1_000_000)
    #expect(TerminalText(marks.utf8, columnCountMax: 10).text.utf8.count <= 80)
  }
}

struct LengthDelimitedTests {
  @Test(
    arguments: [(0, [0]), (127, [127]), (128, [0x80, 1]), (1 << 20, [0x80, 0x80, 0x40])] as [(Int, [UInt8])])
  func `a message's length is a varint`(byteCount: Int, bytes: [UInt8]) {
    #expect(LengthDelimited.header(byteCount: byteCount) == bytes)
  }
}
