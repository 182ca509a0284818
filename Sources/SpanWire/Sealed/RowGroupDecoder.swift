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
  /// The row that the open columns come to next.
  private var nextRow = 0
  private var scratch = PlainArray<UInt64>()
  private var assembler = SpanAssembler()
  private let nameColumn: Int?

  private struct OpenColumn: BitwiseCopyable {
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
    for column in 0..<columns.count { columns[column] = OpenColumn() }
    opened.removeAll()
    nextRow = 0
    var cursor = ProtobufCursor(rawKeys)
    try keys.read(&cursor)
    for template in keys.templates.elements where template >= UInt64(dictionary.templateCount) {
      throw .field("template number")
    }
    do throws(WireError) {
      try readNames(&cursor)
      try readColumns(ProtobufCursor(rawValues))
    } catch {
      throw .field("columns")
    }
  }

  private mutating func readNames(_ cursor: inout ProtobufCursor) throws(WireError) {
    let count = try cursor.readVarint()
    guard count <= UInt64(keys.rowCount) * UInt64(SpanTemplate.stepCountMax) else {
      throw WireError(.truncated, position: cursor.position)
    }
    if let nameColumn, count > 0 {
      columns[nameColumn] = OpenColumn(
        count: Int(count), start: cursor.current, byteCount: cursor.byteCountLeft)
    } else if !cursor.isAtEnd || count > 0 {
      throw WireError(.truncated, position: cursor.position)
    }
  }

  private mutating func readColumns(_ cursor: consuming ProtobufCursor) throws(WireError) {
    let count = try cursor.readVarint()
    guard count <= UInt64(columns.count) else { throw WireError(.truncated, position: 0) }
    var found: [(column: Int, count: Int, byteCount: Int)] = []
    var column: UInt64 = 0
    for number in 0..<count {
      let distance = try cursor.readVarint()
      guard distance <= UInt64(columns.count), number == 0 || distance > 0 else {
        throw WireError(.truncated, position: cursor.position)
      }
      column += distance
      let valueCount = try cursor.readVarint()
      let byteCount = try cursor.readVarint()
      guard column < UInt64(columns.count), Int(column) != nameColumn,
        byteCount <= UInt64(cursor.byteCountLeft),
        valueCount <= UInt64(keys.rowCount) * UInt64(SpanTemplate.stepCountMax)
      else { throw WireError(.truncated, position: cursor.position) }
      found.append((Int(column), Int(valueCount), Int(byteCount)))
    }
    for (column, count, byteCount) in found {
      let bytes = try cursor.readBytes(byteCount)
      columns[column] = OpenColumn(
        count: count, start: cursor.current - bytes.count, byteCount: byteCount)
    }
    guard cursor.isAtEnd else { throw WireError(.truncated, position: cursor.position) }
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
    if rows.lowerBound < nextRow { close() }
    let before = opened.count
    for row in rows { try openColumns(of: row) }
    if opened.count > before {
      // These stand at the first row, the others at the next one.
      for row in 0..<nextRow { try skip(row, onlyNew: true) }
      for place in before..<opened.count { columns.base[Int(opened[place])].isNew = false }
    }
    while nextRow < rows.lowerBound {
      try skip(nextRow, onlyNew: false)
      nextRow += 1
    }
  }

  private mutating func openColumns(of row: Int) throws(FormatError) {
    for step in dictionary.valueSteps(of: Int(keys.templates[row])) where !columns[Int(step.column)].isOpen {
      try openColumn(Int(step.column))
    }
  }

  private mutating func close() {
    for column in opened.elements { columns.base[Int(column)].isOpen = false }
    opened.removeAll()
    nextRow = 0
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
    let template = Int(keys.templates[nextRow])
    assembler.begin()
    for step in dictionary.valueSteps(of: template) {
      let column = Int(step.column)
      if step.isText {
        let value = try texts.base[column].take(column, dictionary, rendered: &assembler.rendered)
        assembler.values.append(value)
      } else {
        assembler.values.append(SpanValue(number: try numbers.base[column].take()))
      }
    }
    nextRow += 1
    return try assembler.assemble(
      dictionary.steps(of: template), constants: dictionary.constants(of: template), row)
  }

  func row(_ row: Int, ofTrace traceID: TraceID) -> RowGroupReader.Row {
    RowGroupReader.Row(
      traceID: traceID, spanID: keys.spanIDs[row], parentID: keys.parentIDs[row], start: keys.starts[row],
      end: keys.ends[row], scope: UInt32(truncatingIfNeeded: keys.scopes[row]),
      record: UInt32(truncatingIfNeeded: keys.records[row]))
  }
}
