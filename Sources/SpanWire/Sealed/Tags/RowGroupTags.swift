/// Collects the tags of a row group's spans, mostly from the values that they were taken apart into.
struct RowGroupTags: BitwiseCopyable {
  /// What the values of a column say.
  private struct Column: BitwiseCopyable {
    enum Content: UInt8 {
      /// Nothing that is searched for.
      case nothing
      /// A text, or the name of the span.
      case text
      case int, bool, double
      /// An `AnyValue` message.
      case value
    }

    let content: Content
    /// Hash of the key.
    let keyWord: UInt64
    /// Of tags of the column's values, where these are of one kind.
    let prefix: UInt64
    /// Says that there is such an attribute; zero of a column that is none.
    let keyTag: UInt64
  }

  /// Of fields that only come as texts when they are written in an unusual way.
  private static let unusualTags = [OTLPTag.spanAttribute, OTLPTag.spanStatus].map { UInt8($0.rawValue) }

  let hash: TagHash
  private var collector = TagCollector()
  private var columns = PlainArray<Column>()
  /// Of each template whether its spans must be read once more to know all their tags.
  private var needsReading = PlainArray<Bool>()
  private var errorTemplates = PlainArray<Bool>()
  private var lastScope: UInt32?

  init(_ hash: TagHash) { self.hash = hash }

  func deallocate() {
    collector.deallocate()
    columns.deallocate()
    needsReading.deallocate()
    errorTemplates.deallocate()
  }

  // MARK: What is known beforehand

  /// Learns of columns that are new.
  mutating func learn(_ keys: [ColumnKey]) {
    while columns.count < keys.count { columns.append(column(keys[columns.count])) }
  }

  private func column(_ key: ColumnKey) -> Column {
    if key.isName {
      return Column(content: .text, keyWord: 0, prefix: TagHash.prefix(.name, hash.noKey), keyTag: 0)
    }
    let keyWord = key.key.withUnsafeBytes { hash.word(of: $0) }
    let (content, kind): (Column.Content, TagHash.Kind)
    switch SpanPiece.Kind(rawValue: key.kind) {
    case _ where !key.isSpanAttribute: return Column(content: .nothing, keyWord: 0, prefix: 0, keyTag: 0)
    case .attributeText: (content, kind) = (.text, .text)
    case .attributeVarint where key.valueTag == UInt8(OTLPTag.boolValue.rawValue):
      (content, kind) = (.bool, .bool)
    case .attributeVarint: (content, kind) = (.int, .int)
    case .attributeFixed64: (content, kind) = (.double, .double)
    case .attributeValue: (content, kind) = (.value, .text)
    default: return Column(content: .nothing, keyWord: 0, prefix: 0, keyTag: 0)
    }
    return Column(
      content: content, keyWord: keyWord, prefix: TagHash.prefix(kind, keyWord),
      keyTag: TagHash.tag(.key, keyWord, 0))
  }

  /// Learns of the template with the next number, and of a span that it was made of.
  mutating func learn(_ steps: UnsafeBufferPointer<TemplateTable.Known>, of span: UnsafeRawBufferPointer) {
    var (attributes, names) = (0, 0)
    var isReadWhole = false
    for step in steps {
      switch step.kind {
      case .attributeText, .attributeVarint, .attributeFixed64, .attributeValue:
        if step.tag == UInt8(OTLPTag.spanAttribute.rawValue) { attributes += 1 }
      case .text where step.tag == UInt8(OTLPTag.spanName.rawValue): names += 1
      // An attribute or a status that is written in an unusual way, or all of a span.
      case .text where Self.unusualTags.contains(step.tag): isReadWhole = true
      case .whole: isReadWhole = true
      default: break
      }
    }
    var fields = SpanFields()
    do throws(WireError) { try fields.read(ProtobufCursor(span)) } catch { isReadWhole = true }
    // Where a field is part of a literal no step tells of it.
    let found = ProtobufFields(span, OTLPTag.spanAttribute).reduce(0) { count, _ in count + 1 }
    let nameCount = ProtobufFields(span, OTLPTag.spanName).reduce(0) { count, _ in count + 1 }
    isReadWhole = isReadWhole || found != attributes || nameCount != names || names != 1
    needsReading.append(isReadWhole)
    errorTemplates.append(!isReadWhole && fields.isError)
  }

  // MARK: Values

  /// - Parameter word: the value's hash.
  @inline(__always)
  mutating func add(text value: UnsafeRawBufferPointer, word: UInt64, column number: Int) {
    let column = columns[number]
    switch column.content {
    case .text: collector.add(TagHash.tag(column.prefix, word))
    case .value: add(WireValue(of: value), column.keyWord)
    default: break
    }
  }

  @inline(__always)
  mutating func add(number word: UInt64, column number: Int) {
    let column = columns[number]
    switch column.content {
    case .int: collector.add(TagHash.tag(column.prefix, word))
    case .bool: collector.add(TagHash.tag(column.prefix, word == 0 ? 0 : 1))
    case .double: add(.double(Double(bitPattern: word)), column.keyWord)
    default: break
    }
  }

  @inline(never)
  private mutating func add(_ value: WireValue, _ keyWord: UInt64) {
    if let tag = hash.tag(of: value, keyWord) { collector.add(tag) }
  }

  /// Adds what a span's template leaves open.
  ///
  /// - Returns: whether its status is error.
  @inline(__always)
  mutating func addRest(of span: UnsafeRawBufferPointer, _ template: Int, scope: UInt32) -> Bool {
    if lastScope != scope { addScope(scope) }
    if needsReading[template] { return addAll(of: span) }
    if errorTemplates[template] { collector.add(hash.errorTag) }
    return errorTemplates[template]
  }

  @inline(never)
  private mutating func addScope(_ scope: UInt32) {
    lastScope = scope
    collector.add(hash.tag(scope: scope))
  }

  @inline(never)
  private mutating func addAll(of span: UnsafeRawBufferPointer) -> Bool {
    hash.forEachTag(of: span) { collector.add($0) }.isError
  }

  /// A column has values in this row group.
  mutating func noteUsed(column number: Int) {
    if columns[number].keyTag != 0 { collector.add(columns[number].keyTag) }
  }

  /// Appends the row group's filter, and begins the next.
  ///
  /// - Returns: bytes appended.
  mutating func flush(to bytes: inout PlainArray<UInt8>) -> Int {
    lastScope = nil
    return collector.flush(.stored, to: &bytes)
  }
}
