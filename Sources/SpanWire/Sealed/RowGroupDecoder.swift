internal import SpanModel

/// The work of a `RowGroupReader`: a value, so that nobody asks at each step whether somebody else changes
/// it.
struct RowGroupDecoder {
  private let dictionary: SealedDictionary
  private(set) var keys = RowGroupKeys()
  private var keyMemory = PlainArray<UInt8>()
  private var valueMemory = PlainArray<UInt8>()
  private var texts = PlainArray<TextColumnReader>()
  private var numbers = PlainArray<NumberColumnReader>()
  private var columns = PlainArray<OpenColumn>()
  private var opened = PlainArray<Int32>()
  /// The row that the open columns come to next, and the end of those that were asked for.
  private var nextRow = 0
  private var endRow = 0
  /// So many rows from the first on have had their columns opened: none that is not open has a value there.
  private var openedRowCount = 0
  /// Of the spans put together since the columns were opened.
  private var byteCount = 0
  /// Whether nothing went wrong since the row group was opened: else columns may be at different rows.
  private var isWhole = false
  /// Of each template its rows in the row group, while it is opened.
  private var rowCounts = PlainArray<Int>()
  private var usedTemplates = PlainArray<Int>()
  private var scratch = PlainArray<UInt64>()
  private var assembler = SpanAssembler()
  private let nameColumn: Int?

  private struct OpenColumn: BitwiseCopyable {
    /// Values that the rows' templates take.
    var expected = 0
    var count = 0
    var start = UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    var byteCount = 0
    var isOpen = false
    /// Opened for the rows that are wanted now.
    var isNew = false
  }

  init(_ dictionary: SealedDictionary) {
    self.dictionary = dictionary
    nameColumn = dictionary.columns.firstIndex { $0.isName }
    for _ in dictionary.columns {
      texts.append(TextColumnReader())
      numbers.append(NumberColumnReader())
      columns.append(OpenColumn())
    }
    rowCounts.append(repeating: 0, count: dictionary.templateCount)
  }

  func deallocate() {
    keys.deallocate()
    keyMemory.deallocate()
    valueMemory.deallocate()
    for text in texts.elements { text.deallocate() }
    for number in numbers.elements { number.deallocate() }
    texts.deallocate()
    numbers.deallocate()
    columns.deallocate()
    opened.deallocate()
    rowCounts.deallocate()
    usedTemplates.deallocate()
    scratch.deallocate()
    assembler.deallocate()
  }
}

// MARK: Opening

extension RowGroupDecoder {
  /// Goes to a row group.
  ///
  /// - Parameters:
  ///   - bytes: all of it; they stay as they are until the next one is opened.
  ///   - position: where in the file they stand.
  mutating func open(_ bytes: UnsafeRawBufferPointer, salt: FileSalt, at position: UInt64) throws(FormatError)
  {
    isWhole = false
    keys.removeAll()
    close()
    for column in 0..<columns.count { columns[column] = OpenColumn() }
    let keyBlock = try SealedBlock(header: bytes)
    guard keyBlock.byteCount <= bytes.count else {
      throw .tooShort(byteCount: bytes.count, needed: keyBlock.byteCount)
    }
    let rawKeys = try SealedBlock.read(
      UnsafeRawBufferPointer(rebasing: bytes[..<keyBlock.byteCount]), salt: salt, position: position,
      into: &keyMemory)
    let valueStart = keyBlock.byteCount
    let rawValues = try SealedBlock.read(
      UnsafeRawBufferPointer(rebasing: bytes[valueStart...]), salt: salt,
      position: position + UInt64(valueStart), into: &valueMemory)
    var cursor = ProtobufCursor(rawKeys)
    do throws(FormatError) {
      try keys.read(&cursor)
      let valueCount = try expectValues()
      do throws(WireError) {
        let nameCount = try readNames(&cursor)
        try readColumns(ProtobufCursor(rawValues), valueCount: valueCount - nameCount)
      } catch {
        throw .field("columns")
      }
    } catch {
      keys.removeAll()
      throw error
    }
    isWhole = true
  }

  /// Learns from the rows' templates how many values each column must have.
  ///
  /// - Returns: the values of all columns.
  private mutating func expectValues() throws(FormatError) -> Int {
    usedTemplates.removeAll()
    defer { for template in usedTemplates.elements { rowCounts[template] = 0 } }
    var total = 0
    for template in keys.templates.elements {
      guard template < UInt64(dictionary.templateCount) else { throw .field("template number") }
      let template = Int(template)
      if rowCounts[template] == 0 { usedTemplates.append(template) }
      rowCounts[template] &+= 1
      total &+= dictionary.valueSteps(of: template).count
    }
    guard total <= SegmentEncoder.valueCountMax else { throw .field("value count") }
    for template in usedTemplates.elements {
      for step in dictionary.valueSteps(of: template) {
        columns.base[Int(step.column)].expected &+= rowCounts[template]
      }
    }
    return total
  }

  private mutating func readNames(_ cursor: inout ProtobufCursor) throws(WireError) -> Int {
    let count = try cursor.readVarint()
    let expected = nameColumn.map { columns[$0].expected } ?? 0
    guard count == UInt64(expected) else { throw WireError(.truncated, position: cursor.position) }
    if let nameColumn, count > 0 {
      columns[nameColumn] = OpenColumn(
        expected: expected, count: expected, start: cursor.current, byteCount: cursor.byteCountLeft)
    } else if !cursor.isAtEnd {
      throw WireError(.truncated, position: cursor.position)
    }
    return expected
  }

  private mutating func readColumns(_ cursor: consuming ProtobufCursor, valueCount: Int) throws(WireError) {
    let count = try cursor.readVarint()
    guard count <= UInt64(columns.count) else { throw WireError(.truncated, position: 0) }
    var found: [(column: Int, byteCount: Int)] = []
    var column: UInt64 = 0
    var countLeft = valueCount
    for number in 0..<count {
      let distance = try cursor.readVarint()
      guard distance <= UInt64(columns.count), number == 0 || distance > 0 else {
        throw WireError(.truncated, position: cursor.position)
      }
      column += distance
      let count = try cursor.readVarint()
      let byteCount = try cursor.readVarint()
      guard column < UInt64(columns.count), Int(column) != nameColumn, count > 0,
        count == UInt64(columns[Int(column)].expected), byteCount <= UInt64(cursor.byteCountLeft)
      else { throw WireError(.truncated, position: cursor.position) }
      countLeft -= Int(count)
      found.append((Int(column), Int(byteCount)))
    }
    for (column, byteCount) in found {
      let bytes = try cursor.readBytes(byteCount)
      let expected = columns[column].expected
      columns[column] = OpenColumn(
        expected: expected, count: expected, start: cursor.current - bytes.count, byteCount: byteCount)
    }
    guard cursor.isAtEnd, countLeft == 0 else { throw WireError(.truncated, position: cursor.position) }
  }

  /// Makes the values of a column ready to be taken.
  private mutating func openColumn(_ column: Int) throws(FormatError) {
    let found = columns[column]
    var cursor = ProtobufCursor(
      current: found.start, end: found.start + found.byteCount, origin: found.start)
    if dictionary.columns[column].isText {
      try texts.base[column].open(column, count: found.count, from: &cursor, dictionary, scratch: &scratch)
    } else {
      try numbers.base[column].open(count: found.count, from: &cursor)
    }
    guard cursor.isAtEnd else { throw .field("column byte count") }
    columns.base[column].isOpen = true
    columns.base[column].isNew = true
    opened.append(Int32(column))
  }
}

// MARK: Rows

extension RowGroupDecoder {
  /// Opens the columns that these rows need, and goes to the first of them.
  mutating func begin(_ rows: Range<Int>) throws(FormatError) {
    guard isWhole, rows.upperBound <= keys.rowCount else { throw .field("row group") }
    isWhole = false
    if rows.lowerBound < nextRow { close() }
    let before = opened.count
    for row in rows { try openColumns(of: row) }
    if opened.count > before {
      // These stand at the first row, the others at the next one.
      for row in min(openedRowCount, nextRow)..<nextRow { try skip(row, onlyNew: true) }
      for place in before..<opened.count { columns.base[Int(opened[place])].isNew = false }
    }
    if rows.lowerBound <= openedRowCount { openedRowCount = max(openedRowCount, rows.upperBound) }
    while nextRow < rows.lowerBound {
      try skip(nextRow, onlyNew: false)
      nextRow += 1
    }
    endRow = rows.upperBound
    isWhole = true
  }

  private mutating func openColumns(of row: Int) throws(FormatError) {
    for step in dictionary.valueSteps(of: Int(keys.templates[row])) where !columns[Int(step.column)].isOpen {
      try openColumn(Int(step.column))
    }
  }

  private mutating func close() {
    for column in opened.elements { columns.base[Int(column)].isOpen = false }
    opened.removeAll()
    (nextRow, endRow, openedRowCount, byteCount) = (0, 0, 0, 0)
  }

  private mutating func skip(_ row: Int, onlyNew: Bool) throws(FormatError) {
    for step in dictionary.valueSteps(of: Int(keys.templates[row])) {
      let column = Int(step.column)
      guard columns[column].isOpen, columns[column].isNew || !onlyNew else { continue }
      if step.isText {
        try texts.base[column].skip(column, dictionary)
      } else {
        _ = try numbers.base[column].take()
      }
    }
  }

  /// The bytes of the next row's span; they last until the next call.
  ///
  /// - Precondition: the row is one of those that `begin` was told of.
  mutating func assembleNext(_ row: RowGroupReader.Row) throws(FormatError) -> UnsafeRawBufferPointer {
    guard isWhole, nextRow < endRow else { throw .field("row group") }
    isWhole = false
    let template = Int(keys.templates[nextRow])
    // A row group ends with the row that makes it too large.
    let isLast = nextRow == keys.rowCount - 1
    assembler.begin(
      byteCountMax: isLast
        ? SpanAssembler.spanByteCountMax : SegmentEncoder.rowGroupByteCountMax - byteCount)
    for step in dictionary.valueSteps(of: template) {
      let column = Int(step.column)
      if step.isText {
        try assembler.add(texts.base[column].take(column, dictionary, rendered: &assembler.rendered))
      } else {
        try assembler.add(SpanValue(number: try numbers.base[column].take()))
      }
    }
    let span = try assembler.assemble(
      dictionary.steps(of: template), constants: dictionary.constants(of: template), row)
    byteCount += span.count
    nextRow += 1
    isWhole = true
    return span
  }

  func byteCount(ofColumn column: Int) -> Int { columns[column].byteCount }

  func row(_ row: Int, ofTrace traceID: TraceID) -> RowGroupReader.Row {
    precondition(row < keys.rowCount, "a row of another row group")
    return RowGroupReader.Row(
      traceID: traceID, spanID: keys.spanIDs[row], parentID: keys.parentIDs[row], start: keys.starts[row],
      end: keys.ends[row], scope: UInt32(truncatingIfNeeded: keys.scopes[row]),
      record: UInt32(truncatingIfNeeded: keys.records[row]))
  }
}
