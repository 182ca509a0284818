/// Text from outside, made fit for a terminal: nothing in it moves the cursor, hides or reorders what stands
/// beside it, and its width in columns is known.
package struct TerminalText: Equatable {
  package private(set) var text = ""
  package private(set) var columnCount = 0

  /// - Parameters:
  ///   - bytes: taken as UTF-8; what is none becomes U+FFFD.
  ///   - columnCountMax: longer text is cut and ends in `…`.
  package init(_ bytes: some Collection<UInt8>, columnCountMax: Int = .max) {
    // No character takes more than four bytes and some take no column: a bound on what is looked at at all.
    let byteCountMax = columnCountMax > bytes.count ? bytes.count : columnCountMax * 8
    for scalar in String(decoding: bytes.prefix(byteCountMax), as: UTF8.self).unicodeScalars {
      append(scalar)
      if columnCount > columnCountMax { break }
    }
    if columnCount > columnCountMax { shorten(to: columnCountMax) }
  }

  /// Text of our own, in which every character is one column wide.
  package init(own text: String) {
    self.text = text
    columnCount = text.unicodeScalars.count
  }

  package static func + (left: TerminalText, right: TerminalText) -> TerminalText {
    var sum = left
    sum.text += right.text
    sum.columnCount += right.columnCount
    return sum
  }

  /// The text, or its start and `…` when it is wider than `columnCountMax`.
  package func cut(to columnCountMax: Int) -> TerminalText {
    if columnCount <= columnCountMax { return self }
    var start = self
    start.shorten(to: columnCountMax)
    return start
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    if Self.isUnfit(scalar) {
      let escaped = "\\u{\(String(scalar.value, radix: 16))}"
      text += escaped
      columnCount += escaped.utf8.count
    } else {
      text.unicodeScalars.append(scalar)
      columnCount += Self.columnCount(of: scalar)
    }
  }

  /// Drops characters from the end until `…` fits behind the rest.
  private mutating func shorten(to columnCountMax: Int) {
    guard columnCountMax > 0 else {
      self = TerminalText(own: "")
      return
    }
    while columnCount > columnCountMax - 1, let last = text.unicodeScalars.popLast() {
      columnCount -= Self.columnCount(of: last)
    }
    text += "…"
    columnCount += 1
  }

  /// Control characters, format characters (among them those that turn the writing direction), line and
  /// paragraph separators, and code points that stand for nothing.
  private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value >= 0x20 && scalar.value < 0x7f { return false }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: true
    default: false
    }
  }

  /// As terminals count: none for what combines with the character before, two for East Asian wide ones.
  private static func columnCount(of scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return wideRanges.contains { $0.contains(scalar.value) } ? 2 : 1
    }
  }

  /// The blocks of Unicode's EastAsianWidth.txt that are wide throughout or nearly so.
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff,
    0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff,
    0x1f900...0x1f9ff, 0x20000...0x3fffd,
  ]
}
