/// The values of one text column of a row group, one after the other.
struct TextColumnReader: BitwiseCopyable {
  private var codes = PlainArray<UInt64>()
  private var byteCounts = PlainArray<UInt64>()
  private var numbers = PlainArray<UInt64>()
  /// Where the next number of each place in a pattern stands in `numbers`.
  private var nextNumbers = PlainArray<Int>()
  private var inlineBytes = UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
  private var hexBytes = UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
  private var next = 0
  private var nextInline = 0

  func deallocate() {
    codes.deallocate()
    byteCounts.deallocate()
    numbers.deallocate()
    nextNumbers.deallocate()
  }

  /// Reads a column of `count` values up to the end of `cursor`, or up to its own end when others follow.
  ///
  /// - Parameter cursor: over memory that stays as it is while values are read.
  mutating func open(
    _ column: Int, count: Int, from cursor: inout ProtobufCursor, _ dictionary: SealedDictionary,
    scratch: inout PlainArray<UInt64>
  ) throws(FormatError) {
    next = 0
    nextInline = 0
    try PackedIntegers.read(count, from: &cursor, into: &codes)
    let entryCount = UInt64(dictionary.entryCount(of: column))
    var inlineCount = 0
    var hexByteCount = 0
    var numberCounts = (0, 0, 0, 0, 0, 0, 0, 0)
    for code in codes.elements {
      guard code <= entryCount else { throw .field("text code") }
      if code == 0 {
        inlineCount += 1
        continue
      }
      let variables = dictionary.entry(Int(code), of: column).variables
      hexByteCount += variables.hexByteCount
      if variables.numberCount > 0 { Self.count(variables.numberCount, in: &numberCounts) }
    }
    try openInline(inlineCount, &cursor)
    try openNumbers(numberCounts, &cursor, &scratch)
    guard hexByteCount <= cursor.byteCountLeft else { throw .field("digits") }
    hexBytes = cursor.current
    cursor.current += hexByteCount
  }

  private static func count(_ numberCount: Int, in counts: inout (Int, Int, Int, Int, Int, Int, Int, Int)) {
    withUnsafeMutableBytes(of: &counts) { counts in
      let counts = counts.assumingMemoryBound(to: Int.self)
      for place in 0..<numberCount { counts[place] &+= 1 }
    }
  }

  private mutating func openInline(_ count: Int, _ cursor: inout ProtobufCursor) throws(FormatError) {
    byteCounts.removeAll()
    guard count > 0 else { return }
    try PackedIntegers.read(count, from: &cursor, into: &byteCounts)
    var total: UInt64 = 0
    for byteCount in byteCounts.elements {
      let (sum, isOver) = total.addingReportingOverflow(byteCount)
      guard !isOver else { throw .field("text byte count") }
      total = sum
    }
    guard total <= UInt64(cursor.byteCountLeft) else { throw .field("text byte count") }
    inlineBytes = cursor.current
    cursor.current += Int(total)
  }

  private mutating func openNumbers(
    _ counts: (Int, Int, Int, Int, Int, Int, Int, Int), _ cursor: inout ProtobufCursor,
    _ scratch: inout PlainArray<UInt64>
  ) throws(FormatError) {
    numbers.removeAll()
    nextNumbers.removeAll()
    let counts = [counts.0, counts.1, counts.2, counts.3, counts.4, counts.5, counts.6, counts.7]
    for count in counts where count > 0 {
      nextNumbers.append(numbers.count)
      try PackedIntegers.read(count, from: &cursor, into: &scratch)
      numbers.append(contentsOf: scratch.elements)
    }
  }

  /// Takes the next value.
  ///
  /// - Parameter rendered: where a pattern's text is put together.
  mutating func take(_ column: Int, _ dictionary: SealedDictionary, rendered: inout PlainArray<UInt8>)
    throws(FormatError) -> SpanValue
  {
    let code = try takeCode()
    if code == 0 { return SpanValue(takeInline()) }
    let entry = dictionary.entry(code, of: column)
    guard entry.variables.isPattern else { return SpanValue(dictionary.text(entry)) }
    let hex = UnsafeRawBufferPointer(start: hexBytes, count: entry.variables.hexByteCount)
    let first = rendered.count
    let (numbers, nextNumbers) = (numbers, nextNumbers)
    TextPattern.render(dictionary.text(entry), hex: hex, into: &rendered) { numbers[nextNumbers[$0]] }
    pass(entry.variables)
    return SpanValue(renderedAt: first, count: rendered.count - first)
  }

  /// Steps over the next value.
  mutating func skip(_ column: Int, _ dictionary: SealedDictionary) throws(FormatError) {
    let code = try takeCode()
    if code == 0 {
      _ = takeInline()
    } else {
      pass(dictionary.entry(code, of: column).variables)
    }
  }

  @inline(__always)
  private mutating func takeCode() throws(FormatError) -> Int {
    guard next < codes.count else { throw .field("text count") }
    next &+= 1
    return Int(truncatingIfNeeded: codes[next &- 1])
  }

  /// How many there are was counted when the column was opened.
  @inline(__always)
  private mutating func takeInline() -> UnsafeRawBufferPointer {
    let bytes = UnsafeRawBufferPointer(start: inlineBytes, count: Int(byteCounts[nextInline]))
    nextInline &+= 1
    inlineBytes += bytes.count
    return bytes
  }

  @inline(__always)
  private mutating func pass(_ variables: TextPattern.Variables) {
    hexBytes += variables.hexByteCount
    for place in 0..<variables.numberCount { nextNumbers[place] &+= 1 }
  }
}

/// The value of one step of a span's template.
struct SpanValue: BitwiseCopyable {
  /// An address, a place in the rendered texts, or a number.
  let word: UInt64
  let byteCount: Int
  let isRendered: Bool

  init(_ bytes: UnsafeRawBufferPointer) {
    word = UInt64(UInt(bitPattern: bytes.baseAddress))
    byteCount = bytes.count
    isRendered = false
  }

  init(renderedAt position: Int, count: Int) {
    word = UInt64(position)
    byteCount = count
    isRendered = true
  }

  init(number: UInt64) {
    word = number
    byteCount = 0
    isRendered = false
  }
}
