/// Texts that occur often, kept once and named by number.
struct TextTable {
  /// What is kept of a text: more than a line of a terminal shows.
  static let byteCountMax = 256

  private(set) var texts: [[UInt8]] = []
  private var numbers: [[UInt8]: UInt32] = [:]

  mutating func number(of text: UnsafeRawBufferPointer) -> UInt32 {
    let key = Array(text.prefix(Self.byteCountMax))
    if let number = numbers[key] { return number }
    let number = UInt32(texts.count)
    texts.append(key)
    numbers[key] = number
    return number
  }
}
