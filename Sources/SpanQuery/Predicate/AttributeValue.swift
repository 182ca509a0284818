internal import SpanWire

/// The value an attribute is compared with.
///
/// Text matches text only, a truth value only a truth value; whole and broken numbers are compared with each
/// other by what they amount to, without rounding.
package enum AttributeValue: Equatable, Sendable {
  case string(String)
  case int(Int64)
  case double(Double)
  case bool(Bool)

  /// Whether `found` compares so with this value; never, when it is of another type.
  func holds(_ comparison: Comparison, _ found: WireValue) -> Bool {
    switch (found, self) {
    case (.string(let found), .string(let asked)): holds(comparison, found, asked)
    case (.int(let found), .int(let asked)): comparison.holds(found, asked)
    case (.int(let found), .double(let asked)): comparison.holds(0, Self.order(of: asked, to: found))
    case (.double(let found), .int(let asked)): comparison.holds(Self.order(of: found, to: asked), 0)
    case (.double(let found), .double(let asked)): comparison.holds(found, asked)
    case (.bool(let found), .bool(let asked)): comparison.holds(found ? 1 : 0, asked ? 1 : 0)
    default: false
    }
  }

  /// Text is ordered by its bytes, and equal only when these are: no normal form is sought.
  private func holds(_ comparison: Comparison, _ found: UnsafeRawBufferPointer, _ asked: String) -> Bool {
    if comparison == .equal { return found.elementsEqual(asked) }
    if found.elementsEqual(asked) { return comparison.holds(0, 0) }
    return comparison.holds(found.lexicographicallyPrecedes(asked.utf8) ? -1 : 1, 0)
  }

  /// Below zero, zero or above zero, as `double` is less than, equal to or greater than `int`. NaN stays NaN,
  /// which compares with nothing.
  private static func order(of double: Double, to int: Int64) -> Double {
    if double.isNaN { return .nan }
    if double >= 0x1p63 { return 1 }
    if double < -0x1p63 { return -1 }
    let whole = Int64(double)
    if whole != int { return whole < int ? -1 : 1 }
    return double - double.rounded(.towardZero)
  }
}
