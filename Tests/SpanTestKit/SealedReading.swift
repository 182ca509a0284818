internal import SpanModel
package import SpanWire

/// All that is in the bytes of a sealed segment, read as the engine reads a file.
package struct SealedReading {
  package let layout: SealedLayout
  /// Whether one of the two footers is damaged.
  package let isFooterDamaged: Bool
  package private(set) var members: [SealedBytes.Member] = []
  package private(set) var supersedes: [SupersededSegment] = []
  package private(set) var tombstones: [SealedTombstone] = []
  package private(set) var filter: SealedTraceFilter?
  /// Of each row group.
  package private(set) var tagFilters: [[UInt8]] = []
  package private(set) var edges: ServiceEdges?
  /// Tags of spans that are not in the filters of their row groups.
  package private(set) var missingTagCount = 0
  /// What the rows say of edges.
  private var tally = EdgeTally()

  package init(_ bytes: [UInt8]) throws(FormatError) {
    let (footer, isDamaged) = try Self.footer(of: bytes)
    isFooterDamaged = isDamaged
    let tableEnd = bytes.count - SealedFooter.byteCount
    let table = Array(bytes[Int(footer.tablePosition)..<tableEnd])
    layout = try table.withFormatBytes { table throws(FormatError) in
      try SealedLayout(footer, table: table) { (section) throws(FormatError) in
        Array(bytes[Int(section.position)...].prefix(Int(section.byteCount)))
      }
    }
    try bytes.withFormatBytes { file throws(FormatError) in
      try readTables(file)
      try readRows(file)
    }
  }

  private static func footer(of bytes: [UInt8]) throws(FormatError) -> (SealedFooter, isDamaged: Bool) {
    func decode(_ bytes: ArraySlice<UInt8>) throws(FormatError) -> SealedFooter {
      try Array(bytes).withFormatBytes { bytes throws(FormatError) in try SealedFooter(decoding: bytes) }
    }
    var first: SealedFooter?
    var last: SealedFooter?
    do throws(FormatError) { first = try decode(bytes.prefix(SealedFooter.byteCount)) } catch {}
    do throws(FormatError) { last = try decode(bytes.suffix(SealedFooter.byteCount)) } catch {
      if first == nil { throw error }
    }
    guard let footer = last ?? first, first == nil || last == nil || first == last,
      footer.fileByteCount == UInt64(bytes.count)
    else { throw .field("footer") }
    return (footer, first == nil || last == nil)
  }

  private mutating func readTables(_ file: UnsafeRawBufferPointer) throws(FormatError) {
    supersedes = try SealedTables.supersedes(try raw(.supersedes, file))
    tombstones = try SealedTables.tombstones(try raw(.tombstones, file))
    if layout.section(.traceFilter) != nil {
      filter = try SealedTraceFilter(decoding: try raw(.traceFilter, file))
    }
    if layout.section(.tagFilters) != nil {
      tagFilters = try items(.tagFilters, file)
      guard tagFilters.count == layout.firstHashes.count else { throw .field("tag filters") }
    }
    if layout.section(.edges) != nil {
      edges = try ServiceEdges(
        decoding: try raw(.edges, file), rowGroupCount: Int(clamping: layout.footer.rowGroupCount))
    }
  }

  /// Whether filters and edges, where there are any, are those of the rows.
  package var agreesWithSearch: Bool {
    missingTagCount == 0 && (edges == nil || edges == tally.result)
  }

  // MARK: Sections

  private func bytes(_ id: SealedSection.ID, _ file: UnsafeRawBufferPointer) throws(FormatError)
    -> SealedDictionary.SectionBytes
  {
    guard let section = layout.section(id) else { throw .field("table of sections") }
    return SealedDictionary.SectionBytes(
      UnsafeRawBufferPointer(rebasing: file[Int(section.position)...].prefix(Int(section.byteCount))),
      at: section.position)
  }

  private func raw(_ id: SealedSection.ID, _ file: UnsafeRawBufferPointer) throws(FormatError) -> [UInt8] {
    let section = try bytes(id, file)
    return try SealedLayout.block(section.bytes, layout.footer.salt, at: section.position)
  }

  private func items(_ id: SealedSection.ID, _ file: UnsafeRawBufferPointer) throws(FormatError) -> [[UInt8]]
  {
    let section = try bytes(id, file)
    let salt = layout.footer.salt
    var items: [[UInt8]] = []
    let list = try ItemList(decoding: section.bytes, salt: salt, start: section.position)
    try list.forEach(of: section.bytes, salt: salt, start: section.position) {
      (_, item) throws(FormatError) in
      items.append([UInt8](item))
    }
    return items
  }

  // MARK: Rows

  /// What the rows refer to by number.
  private struct Envelopes {
    let resources: [[UInt8]]
    let scopes: [[UInt8]]
    let records: [SealedRecord]
  }

  private mutating func readRows(_ file: UnsafeRawBufferPointer) throws(FormatError) {
    let dictionary = try SealedDictionary(
      columns: bytes(.columns, file), templates: bytes(.templates, file), texts: bytes(.dictionary, file),
      salt: layout.footer.salt)
    let envelopes = Envelopes(
      resources: try items(.resources, file), scopes: try items(.scopes, file),
      records: try SealedTables.records(try raw(.records, file), count: layout.footer.recordCount))
    for scope in envelopes.scopes {
      let number = scope.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      let resource = number < envelopes.resources.count ? envelopes.resources[number] : []
      resource.withUnsafeBytes { tally.addScope(resource: $0) }
    }
    let reader = RowGroupReader(dictionary)
    for group in layout.firstHashes.indices {
      let (begin, end) = (Int(layout.positions[group]), Int(layout.positions[group + 1]))
      try reader.open(
        UnsafeRawBufferPointer(rebasing: file[begin..<end]), salt: layout.footer.salt, at: UInt64(begin))
      for trace in 0..<reader.traceCount { try readTrace(trace, group, reader, envelopes) }
      tally.endRowGroup()
      try rereadTraces(reader)
    }
  }

  private mutating func readTrace(
    _ trace: Int, _ group: Int, _ reader: RowGroupReader, _ envelopes: Envelopes
  ) throws(FormatError) {
    let rows = reader.rows(ofTrace: trace)
    var edgeRows: [EdgeTally.Row] = []
    try reader.begin(rows)
    for number in rows {
      let row = reader.row(number, ofTrace: reader.traceID(trace))
      let span = [UInt8](try reader.next(row))
      guard Int(row.scope) < envelopes.scopes.count, Int(row.record) < envelopes.records.count else {
        throw .field("scope or record number")
      }
      let scope = envelopes.scopes[Int(row.scope)]
      let resource = scope.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      guard scope.count >= 4, resource < envelopes.resources.count else { throw .field("resource number") }
      members.append(
        SealedBytes.Member(
          traceID: row.traceID, spanID: row.spanID, span: span, resource: envelopes.resources[resource],
          scope: Array(scope.dropFirst(4)), record: envelopes.records[Int(row.record)]))
      edgeRows.append(
        EdgeTally.Row(
          spanID: row.spanID, parentID: row.parentID, start: row.start, end: row.end, scope: row.scope,
          isError: checkTags(of: span, row, group)))
    }
    edgeRows.withUnsafeBufferPointer { tally.addTrace($0) }
  }

  /// - Returns: whether the span's status is error.
  private mutating func checkTags(of span: [UInt8], _ row: RowGroupReader.Row, _ group: Int) -> Bool {
    let hash = TagHash(key: layout.footer.hashKey)
    var tags = [hash.tag(scope: row.scope)]
    let isError = span.withUnsafeBytes { hash.forEachTag(of: $0) { tags.append($0) } }.isError
    guard group < tagFilters.count else { return isError }
    missingTagCount += tagFilters[group].withUnsafeBytes { bytes in
      tags.count { !TagFilter(bytes).mayContain($0) }
    }
    return isError
  }

  /// Reads some traces of the open row group again, back to front and with others left out.
  private func rereadTraces(_ reader: RowGroupReader) throws(FormatError) {
    let read = members.suffix(reader.rowCount)
    let distance = max(1, reader.traceCount / 8)
    for trace in stride(from: reader.traceCount - 1, through: 0, by: -distance) {
      let rows = reader.rows(ofTrace: trace)
      let half = rows.lowerBound + rows.count / 2..<rows.upperBound
      try reader.begin(half)
      for number in half {
        let span = try reader.next(reader.row(number, ofTrace: reader.traceID(trace)))
        let before = read[read.startIndex + number].span
        precondition(before.elementsEqual(span), "the same row reads otherwise")
      }
    }
  }
}
