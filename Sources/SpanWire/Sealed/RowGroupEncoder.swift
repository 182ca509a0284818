internal import SpanModel

/// A row group: two blocks, one behind the other. Who looks for spans reads the first, who wants them both.
///
/// The *key block* has what every span has; all but ids is packed:
///
///     rows u32, traces u32
///     trace ids            16 bytes each
///     rows of each trace
///     template, scope, record, of each row
///     span ids             8 bytes each
///     parents              0: none or zero; 1: an id that follows; n + 2: row n of the trace here
///     ids that follow      8 bytes each
///     least start of each trace, distance of each row's start from it
///     end of each row, as its distance from the start, with the sign in the lowest bit
///     names                how many there are (varint), then a text column
///
/// The *value block* has a list of columns (how many; then of each the distance of its number from the one
/// before, its values, its bytes, as varints), and then the columns.
struct RowGroupEncoder {
  private(set) var rows = RowGroupRows()
  private(set) var templates: TemplateTable
  private(set) var textColumns = PlainArray<TextColumn>()
  private var numberColumns = PlainArray<NumberColumn>()
  /// Of all entries of the dictionary.
  private(set) var texts = PlainArray<UInt8>()
  private var dissector = SpanDissector()
  private var match = TemplateMatch()
  private var pattern = TextPattern()
  private var tags: RowGroupTags
  // Memory to work in.
  private var raw = PlainArray<UInt8>()
  private var values = PlainArray<UInt64>()
  private var more = PlainArray<UInt64>()
  private var ids = PlainArray<UInt8>()
  // Every segment has them: names, which stand in the key block, and spans that are kept whole.
  private let nameColumn: Int
  private let wholeColumn: Int
  private let wholeTemplate: Int
  private let seed: UInt64

  /// - Parameter hashKey: of the tables' hashes, and of those of tags; a secret.
  init(hashKey: HashKey) {
    let hash = TagHash(key: hashKey)
    seed = hash.seed
    tags = RowGroupTags(hash)
    templates = TemplateTable(seed: seed)
    let whole = SpanPiece(.whole, tag: 0, text: Slice(position: 0, byteCount: 0))
    nameColumn = templates.reserveColumn(ColumnKey(SpanPiece(.text, tag: 0x2a), in: .span, key: []))
    wholeColumn = templates.reserveColumn(ColumnKey(whole, in: .span, key: []))
    wholeTemplate = templates.reserveTemplate(whole)
    growColumns()
    tags.learn(templates.steps(of: wholeTemplate), of: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  func deallocate() {
    rows.deallocate()
    templates.deallocate()
    for column in textColumns.elements { column.deallocate() }
    for column in numberColumns.elements { column.deallocate() }
    textColumns.deallocate()
    numberColumns.deallocate()
    texts.deallocate()
    dissector.deallocate()
    match.deallocate()
    pattern.deallocate()
    tags.deallocate()
    raw.deallocate()
    values.deallocate()
    more.deallocate()
    ids.deallocate()
  }

  private mutating func growColumns() {
    while textColumns.count < templates.columns.count {
      textColumns.append(TextColumn(seed: seed))
      numberColumns.append(NumberColumn())
    }
    tags.learn(templates.columns)
  }
}

// MARK: Spans

extension RowGroupEncoder {
  mutating func add(
    _ span: UnsafeRawBufferPointer, of traceID: TraceID, hash: UInt64, scope: UInt32, record: UInt32
  ) {
    rows.beginTraceIfNew(traceID, hash: hash)
    let shape = templates.shape(of: span)
    let template = templates.guess(shape, span, of: traceID, &match) ?? find(span, of: traceID, shape)
    if template == wholeTemplate {
      textColumns.base[wholeColumn].append(
        span, hash: tags.hash.word(of: span), texts: &texts, pattern: &pattern)
    } else {
      appendValues(of: span, template)
    }
    let isError = tags.addRest(of: span, template, scope: scope)
    rows.append(
      template: UInt64(template), scope: UInt64(scope), record: UInt64(record), match.keys,
      isError: isError, byteCount: span.count)
  }

  /// The template of a span of which nothing is known, which is made when there is none yet.
  @inline(never)
  private mutating func find(_ span: UnsafeRawBufferPointer, of traceID: TraceID, _ shape: Int) -> Int {
    let isUsual = dissector.dissect(span)
    match.take(dissector)
    // The trace's id is not kept with the span: one that says another is kept as it is.
    guard isUsual, dissector.traceID == traceID else { return wholeTemplate }
    let (columnCount, templateCount) = (templates.columns.count, templates.templates.count)
    guard let template = templates.find(dissector.pieces.elements, of: span) else { return wholeTemplate }
    if templates.columns.count > columnCount { growColumns() }
    if templates.templates.count > templateCount { tags.learn(templates.steps(of: template), of: span) }
    templates.note(template, shape)
    return template
  }

  @inline(__always)
  private mutating func appendValues(of span: UnsafeRawBufferPointer, _ template: Int) {
    // SAFETY: a span with a template is not empty, and the slices of its values lie in it.
    let base = span.baseAddress.unsafelyUnwrapped
    let steps = templates.steps(of: template)
    for place in 0..<steps.count {
      let step = steps[place]
      guard step.kind >= .text, step.kind != .open, step.kind != .close else { continue }
      let value = match.values[place]
      if step.kind.isText {
        let text = UnsafeRawBufferPointer(
          start: base + Int(truncatingIfNeeded: value &>> 32), count: Int(UInt32(truncatingIfNeeded: value)))
        let hash = tags.hash.word(of: text)
        tags.add(text: text, word: hash, column: Int(step.column))
        textColumns.base[Int(step.column)].append(text, hash: hash, texts: &texts, pattern: &pattern)
      } else {
        tags.add(number: value, column: Int(step.column))
        numberColumns.base[Int(step.column)].append(stored(value, step.kind))
      }
    }
  }

  @inline(__always)
  private func stored(_ value: UInt64, _ kind: SpanPiece.Kind) -> UInt64 {
    switch kind {
    case .time: ZigZag.encode(value &- match.keys.start)
    case .attributeVarint: ZigZag.encode(value)
    default: value
    }
  }
}

// MARK: Blocks

extension RowGroupEncoder {
  /// Appends the row group, which will stand at `position`, and begins the next.
  ///
  /// - Parameter filters: gets the filter of the row group's tags.
  /// - Returns: bytes of the filter.
  mutating func flush(
    into output: inout PlainArray<UInt8>, filters: inout PlainArray<UInt8>, effort: SealedBlock.Effort,
    salt: FileSalt, at position: UInt64
  ) -> Int {
    let start = output.count
    writeKeys()
    SealedBlock.append(raw.bytes, effort: nil, salt: salt, position: position, to: &output)
    raw.removeAll()
    writeValues()
    SealedBlock.append(
      raw.bytes, effort: effort, salt: salt, position: position + UInt64(output.count - start), to: &output)
    raw.removeAll()
    rows.removeAll()
    return tags.flush(to: &filters)
  }

  private mutating func writeKeys() {
    raw.append(littleEndian: UInt32(rows.count))
    raw.append(littleEndian: UInt32(rows.traceCount))
    for half in rows.traceIDs.elements { raw.append(littleEndian: half.bigEndian) }
    for values in [rows.rowCounts, rows.templates, rows.scopes, rows.records] {
      PackedIntegers.append(values.elements, to: &raw)
    }
    for id in rows.spanIDs.elements { raw.append(littleEndian: id.bigEndian) }
    writeParents()
    writeTimes()
    let names = textColumns[nameColumn].codes.count
    raw.appendVarint(UInt64(names))
    if names > 0 { textColumns.base[nameColumn].flush(into: &raw, scratch: &values) }
  }

  private mutating func writeParents() {
    values.removeAll()
    ids.removeAll()
    var row = 0
    for rowCount in rows.rowCounts.elements {
      let spanIDs = UnsafeBufferPointer(start: rows.spanIDs.base + row, count: Int(rowCount))
      for number in row..<row + Int(rowCount) {
        let parent = rows.parentIDs[number]
        if parent == 0 {
          values.append(0)
        } else if let place = Self.place(of: parent, in: spanIDs) {
          values.append(UInt64(place + 2))
        } else {
          values.append(1)
          ids.append(littleEndian: parent.bigEndian)
        }
      }
      row += Int(rowCount)
    }
    PackedIntegers.append(values.elements, to: &raw)
    raw.append(ids.bytes)
  }

  /// The first of ascending ids that is `id`.
  private static func place(of id: UInt64, in ids: UnsafeBufferPointer<UInt64>) -> Int? {
    var low = 0
    var high = ids.count
    while low < high {
      let middle = (low &+ high) / 2
      if ids[middle] < id { low = middle &+ 1 } else { high = middle }
    }
    return low < ids.count && ids[low] == id ? low : nil
  }

  private mutating func writeTimes() {
    values.removeAll()
    more.removeAll()
    var row = 0
    for rowCount in rows.rowCounts.elements {
      let starts = UnsafeBufferPointer(start: rows.starts.base + row, count: Int(rowCount))
      var least = UInt64.max
      for start in starts { least = min(least, start) }
      values.append(least)
      for start in starts { more.append(start &- least) }
      row += Int(rowCount)
    }
    PackedIntegers.append(values.elements, to: &raw)
    PackedIntegers.append(more.elements, to: &raw)
    more.removeAll()
    for row in 0..<rows.count { more.append(ZigZag.encode(rows.ends[row] &- rows.starts[row])) }
    PackedIntegers.append(more.elements, to: &raw)
  }

  private mutating func writeValues() {
    var directory = PlainArray<UInt8>()
    var bodies = PlainArray<UInt8>()
    defer {
      directory.deallocate()
      bodies.deallocate()
    }
    var columnCount: UInt64 = 0
    var last = 0
    for column in 0..<textColumns.count {
      let count = textColumns[column].codes.count + numberColumns[column].values.count
      if count == 0 { continue }
      tags.noteUsed(column: column)
      let first = bodies.count
      if templates.columns[column].isText {
        textColumns.base[column].flush(into: &bodies, scratch: &values)
      } else {
        numberColumns.base[column].flush(into: &bodies)
      }
      directory.appendVarint(UInt64(column - last))
      directory.appendVarint(UInt64(count))
      directory.appendVarint(UInt64(bodies.count - first))
      columnCount += 1
      last = column
    }
    raw.appendVarint(columnCount)
    raw.append(directory.bytes)
    raw.append(bodies.bytes)
  }
}
