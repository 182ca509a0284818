/// Texts that differ in numbers only, as one text: each run of four digits or more is left out, and each run
/// of hexadecimal digits.
///
/// In a pattern a byte 01 stands for a decimal number without leading zeroes, and a byte 02 with a byte n
/// behind it for 2 n lower-case hexadecimal digits. A text that has one of these two bytes has no pattern.
struct TextPattern {
  static let numberMark: UInt8 = 1
  static let hexMark: UInt8 = 2
  /// Numbers in one text: more stay where they are.
  static let numberCountMax = 8
  private static let digitCountMin = 4
  /// 18 digits fit an `Int64`.
  private static let digitCountMax = 18
  private static let hexDigitCountMax = 510

  // SAFETY: constant, and never freed; held here so that it is not asked for at each byte.
  private let classes = Self.classes
  private(set) var text = PlainArray<UInt8>()
  private(set) var numbers = PlainArray<UInt64>()
  /// Two digits each.
  private(set) var hex = PlainArray<UInt8>()

  var hasVariables: Bool { numbers.count > 0 || hex.count > 0 }

  func deallocate() {
    text.deallocate()
    numbers.deallocate()
    hex.deallocate()
  }

  /// Takes a text apart.
  ///
  /// - Returns: `false` when it has no pattern.
  mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    text.removeAll()
    numbers.removeAll()
    hex.removeAll()
    guard let base = bytes.baseAddress else { return true }
    let end = base + bytes.count
    var next = base
    while next < end {
      let byte = next.load(as: UInt8.self)
      if classes[Int(byte)] == 0 {
        if byte == Self.numberMark || byte == Self.hexMark { return false }
        text.append(byte)
        next += 1
      } else {
        next = takeWord(from: next, to: end)
      }
    }
    return true
  }

  /// 0: neither letter nor digit; else bit 0, bit 1: decimal digit, bit 2: lower-case hexadecimal digit.
  // SAFETY: constant once it is made.
  nonisolated(unsafe) private static let classes: UnsafePointer<UInt8> = {
    let classes = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    for byte in UInt8.min...UInt8.max { classes[Int(byte)] = Self.class(of: byte) }
    return UnsafePointer(classes)
  }()

  private static func `class`(of byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): 7
    case UInt8(ascii: "a")...UInt8(ascii: "f"): 5
    case UInt8(ascii: "g")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): 1
    default: 0
    }
  }

  /// Takes the letters and digits from `start` on.
  private mutating func takeWord(from start: UnsafeRawPointer, to end: UnsafeRawPointer) -> UnsafeRawPointer {
    var next = start
    var all: UInt8 = 7
    var any: UInt8 = 0
    var digitEnd = start
    while next < end {
      let found = classes[Int(next.load(as: UInt8.self))]
      if found == 0 { break }
      all &= found
      any |= found
      next += 1
      if all & 2 != 0 { digitEnd = next }
    }
    let count = next - start
    let digitCount = digitEnd - start
    let isPlainNumber =
      digitCount >= Self.digitCountMin && digitCount <= Self.digitCountMax
      && start.load(as: UInt8.self) != UInt8(ascii: "0") && numbers.count < Self.numberCountMax
    let isHex =
      all & 4 != 0 && any & 2 != 0 && count >= Self.digitCountMin && count % 2 == 0
      && count <= Self.hexDigitCountMax
    if isPlainNumber, digitCount == count || !isHex {
      takeNumber(from: start, to: digitEnd)
      return takeLiteral(from: digitEnd, to: next)
    }
    if isHex {
      takeHex(from: start, count)
      return next
    }
    return takeLiteral(from: start, to: next)
  }

  private mutating func takeLiteral(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer
  ) -> UnsafeRawPointer {
    text.append(UnsafeRawBufferPointer(start: start, count: end - start))
    return end
  }

  private mutating func takeNumber(from start: UnsafeRawPointer, to end: UnsafeRawPointer) {
    var number: UInt64 = 0
    var next = start
    while next < end {
      number = number &* 10 &+ UInt64(next.load(as: UInt8.self) &- UInt8(ascii: "0"))
      next += 1
    }
    text.append(Self.numberMark)
    numbers.append(number)
  }

  private mutating func takeHex(from start: UnsafeRawPointer, _ count: Int) {
    text.append(Self.hexMark)
    text.append(UInt8(truncatingIfNeeded: count / 2))
    var place = 0
    while place < count {
      let high = Self.value(ofDigit: (start + place).load(as: UInt8.self))
      let low = Self.value(ofDigit: (start + (place &+ 1)).load(as: UInt8.self))
      hex.append(high &<< 4 | low)
      place &+= 2
    }
  }

  @inline(__always)
  private static func value(ofDigit digit: UInt8) -> UInt8 {
    digit <= UInt8(ascii: "9") ? digit &- UInt8(ascii: "0") : digit &- UInt8(ascii: "a") &+ 10
  }
}

extension TextPattern {
  /// What a pattern leaves out.
  struct Variables: BitwiseCopyable {
    var numberCount = 0
    var hexByteCount = 0
    var isPattern: Bool { numberCount > 0 || hexByteCount > 0 }
  }

  /// - Throws: when a mark has no count behind it, or there are too many numbers.
  static func variables(of pattern: UnsafeRawBufferPointer) throws(FormatError) -> Variables {
    var variables = Variables()
    var place = firstMark(of: pattern)
    while place < pattern.count {
      let byte = pattern[place]
      place += 1
      if byte == numberMark { variables.numberCount += 1 }
      if byte == hexMark {
        guard place < pattern.count, pattern[place] > 0 else { throw .field("pattern") }
        variables.hexByteCount += Int(pattern[place])
        place += 1
      }
    }
    guard variables.numberCount <= numberCountMax else { throw .field("pattern") }
    return variables
  }

  /// The place of the first mark, or one before it without any between; most texts have none.
  @inline(__always)
  private static func firstMark(of pattern: UnsafeRawBufferPointer) -> Int {
    guard let base = pattern.baseAddress else { return 0 }
    var place = 0
    while pattern.count &- place >= 8 {
      let word = (base + place).loadUnaligned(as: UInt64.self)
      // Whether a byte is below 3, which both marks are; the lowest such byte is found rightly.
      if (word &- 0x0303_0303_0303_0303) & ~word & 0x8080_8080_8080_8080 != 0 { return place }
      place &+= 8
    }
    return place
  }

  /// Puts the variables back into their pattern.
  ///
  /// - Parameters:
  ///   - number: the next number.
  ///   - hex: the address of the next bytes, as many as the pattern has.
  static func render(
    _ pattern: UnsafeRawBufferPointer, hex: UnsafeRawBufferPointer, into text: inout PlainArray<UInt8>,
    number: (Int) -> UInt64
  ) {
    var place = 0
    var numberCount = 0
    var hexCount = 0
    while place < pattern.count {
      let byte = pattern[place]
      place += 1
      switch byte {
      case numberMark:
        appendDecimal(number(numberCount), to: &text)
        numberCount += 1
      case hexMark where place < pattern.count:
        let count = Int(pattern[place])
        place += 1
        for digit in hex[hexCount..<min(hexCount + count, hex.count)] {
          text.append(hexDigit(digit >> 4))
          text.append(hexDigit(digit & 15))
        }
        hexCount += count
      default: text.append(byte)
      }
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ (value &- 10)
  }

  private static func appendDecimal(_ number: UInt64, to text: inout PlainArray<UInt8>) {
    let first = text.count
    var rest = number
    repeat {
      text.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    var (low, high) = (first, text.count - 1)
    while low < high {
      let moved = text[low]
      text[low] = text[high]
      text[high] = moved
      low += 1
      high -= 1
    }
  }
}
