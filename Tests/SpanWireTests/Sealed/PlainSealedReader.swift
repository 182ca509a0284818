import SpanModel
import SpanTestKit
import SpanWire

/// A second reader of sealed segments, slow and plain, written from `docs/format.md`: what it reads is what a
/// stranger would.
struct PlainSealedReader {
  private struct Column {
    let kind: UInt8
    let texts: [[UInt8]]
  }

  private let columns: [Column]
  private let templates: [[PlainStep]]
  private let resources: [[UInt8]]
  private let scopes: [[UInt8]]
  private let records: [SealedRecord]
  private(set) var members: [SealedBytes.Member] = []
  /// Of each row group.
  private(set) var tagFilters: [[UInt8]] = []
  private(set) var edges: PlainEdges?
  /// Of each member the number of its row group, and that of its scope.
  private(set) var places: [(group: Int, scope: Int)] = []
  let tags: PlainTags

  init(_ bytes: [UInt8]) throws {
    let file = PlainSealedFile(bytes)
    var footer = PlainBytes(bytes.prefix(512))
    footer.position = 72
    let tablePosition = Int(footer.number(8))
    footer.position = 104
    let recordCount = Int(footer.number(8))
    footer.position = 40
    tags = PlainTags(hashKey: HashKey(high: footer.number(8), low: footer.number(8)))
    var table = PlainBytes(try file.block(at: tablePosition).raw)
    var sections: [UInt64: Range<Int>] = [:]
    while !table.isAtEnd {
      let id = table.number(2)
      _ = table.take(6)
      let position = Int(table.number(8))
      sections[id] = position..<position + Int(table.number(8))
    }
    func section(_ id: UInt64) throws -> Range<Int> {
      guard let section = sections[id] else { throw PlainError("section \(id)") }
      return section
    }
    let texts = try file.items(try section(5))
    columns = Self.columns(try file.items(try section(3)), texts)
    templates = try file.items(try section(4)).map { try PlainStep.steps($0) }
    resources = try file.items(try section(6))
    scopes = try file.items(try section(7))
    records = Self.records(try file.block(at: section(8).lowerBound).raw, recordCount)
    if let place = sections[12] { tagFilters = try file.items(place) }
    if let place = sections[13] {
      edges = PlainEdges(
        try file.block(at: place.lowerBound).raw,
        rowGroupCount: try file.block(at: section(2).lowerBound).raw.count / 16)
    }
    var group = 0
    var fences = PlainBytes(try file.block(at: section(2).lowerBound).raw)
    while fences.bytes.count - fences.position > 8 {
      _ = fences.number(8)
      try readGroup(file, at: Int(fences.number(8)), number: group)
      group += 1
    }
  }

  private static func columns(_ items: [[UInt8]], _ texts: [[UInt8]]) -> [Column] {
    var first = 0
    return items.map { item in
      var bytes = PlainBytes(item)
      let count = Int(bytes.number(4))
      defer { first += count }
      return Column(kind: UInt8(bytes.number(1)), texts: Array(texts[first..<first + count]))
    }
  }

  private static func records(_ raw: [UInt8], _ count: Int) -> [SealedRecord] {
    var bytes = PlainBytes(raw)
    let fields = (0..<5).map { _ in bytes.packed(count) }
    return (0..<count).map { number in
      SealedRecord(
        sequence: RecordSequence(fields[0][number]), arrival: Timestamp(nanoseconds: fields[1][number]),
        acceptedSpanCount: UInt32(fields[2][number]), rejectedSpanCount: UInt32(fields[3][number]),
        rulesVersion: UInt16(fields[4][number]))
    }
  }

  // MARK: Row groups

  private mutating func readGroup(_ file: PlainSealedFile, at position: Int, number: Int) throws {
    let keyBlock = try file.block(at: position)
    let valueBlock = try file.block(at: keyBlock.end)
    var keys = PlainBytes(keyBlock.raw)
    let rows = Self.rows(&keys)
    var values = PlainColumns()
    let nameCount = Int(keys.varint())
    if nameCount > 0 { values.set(0, texts(&keys, nameCount, columns[0].texts)) }
    var bytes = PlainBytes(valueBlock.raw)
    var column = 0
    let directory = (0..<Int(bytes.varint())).map { _ in
      column += Int(bytes.varint())
      return (column: column, count: Int(bytes.varint()), byteCount: Int(bytes.varint()))
    }
    for (column, count, byteCount) in directory {
      var part = PlainBytes(bytes.take(byteCount))
      let isNumber = [7, 9, 10].contains(columns[column].kind)
      values.set(
        column,
        isNumber ? part.packed(count).map { .number($0) } : texts(&part, count, columns[column].texts))
    }
    for row in rows {
      append(row, &values)
      places.append((number, row.scope))
    }
  }

  private mutating func append(_ row: PlainRow, _ values: inout PlainColumns) {
    let scope = scopes[row.scope]
    var number = PlainBytes(scope)
    members.append(
      SealedBytes.Member(
        traceID: row.traceID, spanID: row.spanID, span: row.span(templates[row.template], &values),
        resource: resources[Int(number.number(4))], scope: Array(scope.dropFirst(4)),
        record: records[row.record]))
  }

  private static func rows(_ keys: inout PlainBytes) -> [PlainRow] {
    let (rowCount, traceCount) = (Int(keys.number(4)), Int(keys.number(4)))
    let ids = (0..<traceCount).map { _ in TraceID(high: keys.id(), low: keys.id()) }
    let rowCounts = keys.packed(traceCount).map { Int($0) }
    let (templates, scopes, records) = (keys.packed(rowCount), keys.packed(rowCount), keys.packed(rowCount))
    let spanIDs = (0..<rowCount).map { _ in keys.id() }
    let parents = keys.packed(rowCount)
    let others = (0..<parents.count { $0 == 1 }).map { _ in keys.id() }
    let (least, starts, ends) = (keys.packed(traceCount), keys.packed(rowCount), keys.packed(rowCount))
    var rows: [PlainRow] = []
    var nextOther = 0
    for trace in 0..<traceCount {
      let first = rows.count
      for row in first..<first + rowCounts[trace] {
        var parent: UInt64 = 0
        if parents[row] == 1 {
          parent = others[nextOther]
          nextOther += 1
        } else if parents[row] > 1 {
          parent = spanIDs[first + Int(parents[row]) - 2]
        }
        let start = least[trace] &+ starts[row]
        rows.append(
          PlainRow(
            traceID: ids[trace], spanID: spanIDs[row], parentID: parent, start: start,
            end: start &+ PlainBytes.signed(ends[row]), template: Int(templates[row]),
            scope: Int(scopes[row]), record: Int(records[row])))
      }
    }
    return rows
  }

  private func texts(_ bytes: inout PlainBytes, _ count: Int, _ dictionary: [[UInt8]]) -> [PlainValue] {
    let codes = bytes.packed(count).map { Int($0) }
    let inlineCount = codes.count { $0 == 0 }
    var inline: [[UInt8]] = []
    if inlineCount > 0 { for count in bytes.packed(inlineCount) { inline.append(bytes.take(Int(count))) } }
    let patterns = codes.map { $0 == 0 ? [] : PlainPattern.parts(dictionary[$0 - 1]) }
    var numbers = [[UInt64]]()
    for place in 0..<8 {
      let count = patterns.count { $0.count { $0 == .number } > place }
      numbers.append(count == 0 ? [] : bytes.packed(count))
    }
    var values: [PlainValue] = []
    var nextInline = 0
    for (code, pattern) in zip(codes, patterns) {
      if code == 0 {
        values.append(.text(inline[nextInline]))
        nextInline += 1
      } else {
        values.append(.text(PlainPattern.text(pattern, &numbers, &bytes)))
      }
    }
    return values
  }
}
