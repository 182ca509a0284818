import FoundationEssentials

/// What a benchmark found out. Its members are the members of its JSON, which stay what they are called.
protocol BenchReport: Encodable {
  /// What a person reads: names and values, a line each.
  var rows: [(name: String, value: String)] { get }
}

extension BenchReport {
  /// One object without line breaks, its members in order.
  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  var table: String {
    let width = (rows.map(\.name.count).max() ?? 0) + 2
    return rows.map { $0.name + String(repeating: " ", count: width - $0.name.count) + $0.value }
      .joined(separator: "\n")
  }

  /// Writes it to standard output.
  func write(asJSON: Bool) throws {
    let output = StandardOutput()
    try output.write(Array(((asJSON ? try json : table) + "\n").utf8))
    try output.flush()
  }
}

/// Numbers as tables show them.
enum FigureText {
  /// Three decimals.
  static func thousandths(_ value: Double) -> String {
    let thousandths = "\(UInt64((max(value, 0) * 1000).rounded()))"
    let padded = String(repeating: "0", count: max(0, 4 - thousandths.count)) + thousandths
    return padded.dropLast(3) + "." + padded.suffix(3)
  }

  /// Three digits that count, or all of a larger number.
  static func short(_ value: Double) -> String {
    if value >= 100 { return "\(UInt64(value.rounded()))" }
    let text = thousandths(value)
    return value >= 10 ? String(text.dropLast(2)) : value >= 1 ? String(text.dropLast()) : text
  }
}
