import SpanEngine
import SpanModel
import SpanWire

/// What all sealed segments of a directory hold, summed up.
struct SealedSurveys: Encodable {
  var files = 0
  var bytes: UInt64 = 0
  var spans: UInt64 = 0
  /// A request whose spans are in two segments counts in both.
  var requests: UInt64 = 0
  /// Of spans as they came.
  var rawBytes: UInt64 = 0
  /// Of each section what is stored of it; footers and the table of sections besides.
  var sections: [String: UInt64] = [:]
  /// What row groups are made of: ids, numbers, times and names, and all other columns.
  var keyBytes: UInt64 = 0
  var valueBytes: UInt64 = 0
  /// Of each family of columns before they are compressed.
  var columns: [String: UInt64] = [:]

  var bytesPerSpan: Double? { spans > 0 ? Double(bytes) / Double(spans) : nil }

  mutating func add(_ survey: SealedSurvey) {
    files += 1
    bytes += survey.fileByteCount
    spans += survey.footer.spanCount
    requests += survey.footer.recordCount
    rawBytes += survey.footer.rawByteCount
    for section in survey.sections { sections[section.name, default: 0] += section.byteCount }
    let listed = survey.sections.reduce(0) { $0 + $1.byteCount }
    sections["footersAndTable", default: 0] += survey.fileByteCount - min(listed, survey.fileByteCount)
    keyBytes += survey.keyByteCount
    valueBytes += survey.valueByteCount
    for (family, byteCount) in survey.familyByteCounts { columns[family.rawValue, default: 0] += byteCount }
  }

  /// A file that cannot be read: all its bytes are as good as lost.
  mutating func addUnreadable(byteCount: UInt64) {
    files += 1
    bytes += byteCount
    sections["unread", default: 0] += byteCount
  }
}

extension SealedSurveys {
  var rows: [(name: String, value: String)] {
    guard files > 0 else { return [] }
    let total: [(name: String, value: String)] = [
      ("sealed", "\(files) files, \(bytes) bytes, \(perSpan(bytes)), spans \(spans) of \(rawBytes) raw bytes")
    ]
    return total
      + Self.sorted(sections).map { ("  \($0.name)", "\($0.bytes) bytes, \(perSpan($0.bytes))") }
      + [("  keys of rows", "\(keyBytes) bytes, \(perSpan(keyBytes))")]
      + [("  values of rows", "\(valueBytes) bytes, \(perSpan(valueBytes))")]
      + Self.sorted(columns).map {
        ("    \($0.name)", "\($0.bytes) bytes before compression, \(perSpan($0.bytes))")
      }
  }

  private func perSpan(_ byteCount: UInt64) -> String {
    spans > 0 ? "\(FigureText.short(Double(byteCount) / Double(spans))) per span" : "no spans"
  }

  /// Those with most bytes first.
  private static func sorted(_ parts: [String: UInt64]) -> [(name: String, bytes: UInt64)] {
    parts.map { (name: $0.key, bytes: $0.value) }.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
  }
}
