import SpanModel
import SpanWire

/// All that is in the bytes of a sealed segment.
struct SealedReading {
  let layout: SealedLayout
  var members: [SealedBytes.Member] = []

  init(_ bytes: [UInt8]) throws {
    let footer = try bytes.withUnsafeBytes {
      try SealedFooter(decoding: UnsafeRawBufferPointer(rebasing: $0.suffix(SealedFooter.byteCount)))
    }
    guard footer.fileByteCount == UInt64(bytes.count) else { throw FormatError.field("file byte count") }
    let tableEnd = bytes.count - SealedFooter.byteCount
    let layout = try bytes[Int(footer.tablePosition)..<tableEnd].withUnsafeBytes { table in
      try SealedLayout(footer, table: table) { section in
        Array(bytes[Int(section.position)..<Int(section.position + section.byteCount)])
      }
    }
    self.layout = layout
    try bytes.withUnsafeBytes { try read($0) }
  }

  private mutating func read(_ file: UnsafeRawBufferPointer) throws {
    let salt = layout.footer.salt
    func bytes(_ id: SealedSection.ID) throws -> SealedDictionary.SectionBytes {
      guard let section = layout.section(id) else { throw FormatError.field("table of sections") }
      return SealedDictionary.SectionBytes(
        UnsafeRawBufferPointer(rebasing: file[Int(section.position)...].prefix(Int(section.byteCount))),
        at: section.position)
    }
    func items(_ id: SealedSection.ID) throws -> [[UInt8]] {
      let section = try bytes(id)
      var items: [[UInt8]] = []
      let list = try ItemList(decoding: section.bytes, salt: salt, start: section.position)
      try list.forEach(of: section.bytes, salt: salt, start: section.position) { items.append([UInt8]($1)) }
      return items
    }
    let resources = try items(.resources)
    let scopes = try items(.scopes)
    let recordBytes = try bytes(.records)
    let records = try SealedTables.records(
      try SealedLayout.block(recordBytes.bytes, salt, at: recordBytes.position),
      count: layout.footer.recordCount)
    let dictionary = try SealedDictionary(
      columns: bytes(.columns), templates: bytes(.templates), texts: bytes(.dictionary), salt: salt)
    let reader = RowGroupReader(dictionary)
    for group in layout.firstHashes.indices {
      let (begin, end) = (Int(layout.positions[group]), Int(layout.positions[group + 1]))
      try reader.open(UnsafeRawBufferPointer(rebasing: file[begin..<end]), salt: salt, at: UInt64(begin))
      for trace in 0..<reader.traceCount {
        let rows = reader.rows(ofTrace: trace)
        try reader.begin(rows)
        for number in rows {
          let row = reader.row(number, ofTrace: reader.traceID(trace))
          let span = try reader.next(row)
          guard Int(row.scope) < scopes.count, Int(row.record) < records.count else {
            throw FormatError.field("scope or record number")
          }
          let scope = scopes[Int(row.scope)]
          let resource = scope.withUnsafeBytes { Int($0.loadUnaligned(as: UInt32.self)) }
          members.append(
            SealedBytes.Member(
              traceID: row.traceID, spanID: row.spanID, span: [UInt8](span), resource: resources[resource],
              scope: Array(scope.dropFirst(4)), record: records[Int(row.record)]))
        }
      }
    }
  }
}
