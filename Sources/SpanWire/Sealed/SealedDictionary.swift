/// What the row groups of a segment refer to: columns, templates and texts.
///
/// As large as these sections are when they are uncompressed; made when a segment is first read, and kept as
/// long as whoever reads likes.
package final class SealedDictionary: @unchecked Sendable {
  // SAFETY: constant once it is made.

  package let columns: [ColumnKey]
  // Of all templates, one behind the other.
  private var allSteps = PlainArray<SpanTemplate.Step>()
  private var allValueSteps = PlainArray<ValueStep>()
  private var allConstants = PlainArray<UInt8>()
  private var templates = PlainArray<Template>()
  private var texts = PlainArray<UInt8>()
  private var entries = PlainArray<Entry>()
  /// Of each column, the number of its first entry; then that of all.
  private let firstEntries: [Int]

  /// Small, for there may be millions.
  struct Entry: BitwiseCopyable {
    let position: UInt32
    let byteCount: UInt16
    private let hexByteCount: UInt16
    private let numberCount: UInt8

    var variables: TextPattern.Variables {
      TextPattern.Variables(numberCount: Int(numberCount), hexByteCount: Int(hexByteCount))
    }

    /// - Parameter position: of its text in the bytes of all.
    init(_ text: UnsafeRawBufferPointer, at position: Int) throws(FormatError) {
      guard text.count <= TextColumn.dictionaryByteCountMax else { throw .field("dictionary") }
      let variables = try TextPattern.variables(of: text)
      // A pattern stands for texts that were short enough to be in a dictionary.
      guard variables.hexByteCount <= TextColumn.dictionaryByteCountMax / 2 else { throw .field("pattern") }
      self.position = UInt32(position)
      byteCount = UInt16(text.count)
      hexByteCount = UInt16(variables.hexByteCount)
      numberCount = UInt8(variables.numberCount)
    }
  }

  /// A step that has a value.
  struct ValueStep: BitwiseCopyable {
    let column: UInt32
    let isText: Bool
  }

  private struct Template: BitwiseCopyable {
    let firstStep: Int
    let stepCount: Int
    let firstValueStep: Int
    let valueStepCount: Int
    let firstConstant: Int
    let constantCount: Int
  }

  /// The bytes of a section, and where in the file they stand.
  package struct SectionBytes {
    package let bytes: UnsafeRawBufferPointer
    package let position: UInt64
    package init(_ bytes: UnsafeRawBufferPointer, at position: UInt64) {
      self.bytes = bytes
      self.position = position
    }
  }

  package init(
    columns columnBytes: SectionBytes, templates templateBytes: SectionBytes, texts textBytes: SectionBytes,
    salt: FileSalt
  ) throws(FormatError) {
    var columns: [ColumnKey] = []
    var firstEntries = [0]
    try Self.forEachItem(of: columnBytes, salt, atMost: TemplateTable.columnCountMax) {
      (_, item) throws(FormatError) in
      guard item.count >= 4 else { throw .field("column") }
      let count = Int(item.loadUnaligned(as: UInt32.self).littleEndian)
      guard count <= TextColumn.entryCountMax else { throw .field("column") }
      columns.append(try ColumnKey(decoding: UnsafeRawBufferPointer(rebasing: item[4...])))
      firstEntries.append(firstEntries[firstEntries.count - 1] + count)
    }
    self.columns = columns
    self.firstEntries = firstEntries
    var byteCountLeft = TemplateTable.byteCountMax
    try Self.forEachItem(of: templateBytes, salt, atMost: TemplateTable.templateCountMax) {
      (_, item) throws(FormatError) in
      let template = try SpanTemplate(decoding: item, columns: columns)
      byteCountLeft -= template.byteCount
      guard byteCountLeft >= 0 else { throw .field("templates") }
      add(template)
    }
    try readTexts(textBytes, salt)
  }

  deinit {
    texts.deallocate()
    entries.deallocate()
    allSteps.deallocate()
    allValueSteps.deallocate()
    allConstants.deallocate()
    templates.deallocate()
  }

  private func add(_ template: SpanTemplate) {
    let firstValueStep = allValueSteps.count
    for step in template.steps where step.kind.isText || step.kind.isNumber {
      allValueSteps.append(ValueStep(column: step.column, isText: step.kind.isText))
    }
    templates.append(
      Template(
        firstStep: allSteps.count, stepCount: template.steps.count, firstValueStep: firstValueStep,
        valueStepCount: allValueSteps.count - firstValueStep, firstConstant: allConstants.count,
        constantCount: template.constants.count))
    for step in template.steps { allSteps.append(step) }
    template.constants.withUnsafeBytes { allConstants.append($0) }
  }

  private func readTexts(_ section: SectionBytes, _ salt: FileSalt) throws(FormatError) {
    let entryCount = firstEntries[firstEntries.count - 1]
    // Texts of a column differ: all but one of them take a byte or more.
    guard entryCount <= SegmentEncoder.dictionaryByteCountMax + columns.count else {
      throw .field("dictionary")
    }
    // Not in place: each touch of a property of a class is checked, and there may be a million.
    var (texts, entries) = (self.texts, self.entries)
    defer { (self.texts, self.entries) = (texts, entries) }
    try Self.forEachItem(of: section, salt, atMost: entryCount) { (_, item) throws(FormatError) in
      guard texts.count + item.count <= SegmentEncoder.dictionaryByteCountMax else {
        throw .field("dictionary")
      }
      entries.append(try Entry(item, at: texts.count))
      texts.append(item)
    }
    guard entries.count == entryCount else { throw .field("dictionary") }
    texts.trim()
    entries.trim()
  }

  @inline(__always)
  private static func forEachItem(
    of section: SectionBytes, _ salt: FileSalt, atMost countMax: Int,
    _ body: (Int, UnsafeRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) {
    let list = try ItemList(decoding: section.bytes, salt: salt, start: section.position)
    guard list.count <= countMax else { throw .field("item count") }
    try list.forEach(of: section.bytes, salt: salt, start: section.position, body)
  }

  package var templateCount: Int { templates.count }

  // Numbers of templates were held against their count when the row group was opened.

  @inline(__always)
  func steps(of template: Int) -> UnsafeBufferPointer<SpanTemplate.Step> {
    let found = templates[template]
    return UnsafeBufferPointer(start: allSteps.base + found.firstStep, count: found.stepCount)
  }

  @inline(__always)
  func valueSteps(of template: Int) -> UnsafeBufferPointer<ValueStep> {
    let found = templates[template]
    return UnsafeBufferPointer(start: allValueSteps.base + found.firstValueStep, count: found.valueStepCount)
  }

  @inline(__always)
  func constants(of template: Int) -> UnsafeRawBufferPointer {
    let found = templates[template]
    return UnsafeRawBufferPointer(start: allConstants.base + found.firstConstant, count: found.constantCount)
  }

  /// Memory it takes, but for columns and templates.
  package var byteCount: Int { texts.byteCountHeld + entries.byteCountHeld }

  package func entryCount(of column: Int) -> Int { firstEntries[column + 1] - firstEntries[column] }

  /// - Precondition: `code` is from 1 to the column's entry count.
  @inline(__always)
  func entry(_ code: Int, of column: Int) -> Entry { entries[firstEntries[column] &+ code &- 1] }

  @inline(__always)
  func text(_ entry: Entry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: texts.base + Int(entry.position), count: Int(entry.byteCount))
  }
}
