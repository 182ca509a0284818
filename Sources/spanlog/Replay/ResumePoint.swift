import SpanModel
import SpanWire

/// What a file keeps of a replay, so that another run can go on with it: five lines of text.
struct ResumePoint: Equatable, Sendable {
  static let byteCountMax = 4096
  private static let title = "spanlog replay 1"
  private static let none = "none"

  var store: StoreID
  /// All records up to this one were acked.
  var sequence: RecordSequence
  /// Nanoseconds by which times are moved: the same in every run, so that what is sent twice is equal.
  var shift: Int64?
  var mask: IDMask?

  init(store: StoreID, sequence: RecordSequence, shift: Int64? = nil, mask: IDMask? = nil) {
    self.store = store
    self.sequence = sequence
    self.shift = shift
    self.mask = mask
  }

  var text: String {
    let ids = mask.map {
      "\(hexDigits(of: $0.traceHigh))\(hexDigits(of: $0.traceLow))\(hexDigits(of: $0.span))"
    }
    return """
      \(Self.title)
      store \(hexDigits(of: store.high))\(hexDigits(of: store.low))
      sequence \(sequence.rawValue)
      shift \(shift.map { "\($0)" } ?? Self.none)
      ids \(ids ?? Self.none)

      """
  }

  /// - Returns: `nil` when it is not what `text` writes.
  init?(text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 6, lines[0] == Self.title[...], lines[5].isEmpty else { return nil }
    let names = ["store", "sequence", "shift", "ids"]
    var values: [Substring] = []
    for (name, line) in zip(names, lines[1...]) {
      guard line.hasPrefix(name + " ") else { return nil }
      values.append(line.dropFirst(name.utf8.count + 1))
    }
    guard let store = Self.numbers(values[0], count: 2), let sequence = UInt64(values[1]) else { return nil }
    self.init(store: StoreID(high: store[0], low: store[1]), sequence: RecordSequence(sequence))
    if values[2] != Self.none[...] {
      guard let shift = Int64(values[2]) else { return nil }
      self.shift = shift
    }
    if values[3] != Self.none[...] {
      guard let ids = Self.numbers(values[3], count: 3) else { return nil }
      mask = IDMask(traceHigh: ids[0], traceLow: ids[1], span: ids[2])
    }
  }

  /// Numbers of 16 hex digits each.
  private static func numbers(_ digits: Substring, count: Int) -> [UInt64]? {
    let digits = Array(digits.utf8)
    guard digits.count == 16 * count else { return nil }
    var numbers: [UInt64] = []
    for start in stride(from: 0, to: digits.count, by: 16) {
      var number: UInt64 = 0
      for digit in digits[start..<start + 16] {
        guard let value = hexValue(of: digit) else { return nil }
        number = number << 4 | value
      }
      numbers.append(number)
    }
    return numbers
  }
}
