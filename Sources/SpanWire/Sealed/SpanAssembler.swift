internal import SpanModel

/// Makes a span's bytes again from its template and its values; its memory is used again.
///
/// It writes from the end to the start: the byte count in front of a message is known when all of it stands.
struct SpanAssembler {
  /// The values of the template's steps that have one, in order.
  private var values = PlainArray<SpanValue>()
  /// Texts that were put together from patterns.
  var rendered = PlainArray<UInt8>()
  private var memory = PlainArray<UInt8>()
  /// Where the next byte in front goes.
  private var place = 0
  private var valueByteCount = 0
  private var byteCountMax = 0

  /// The largest span: no request is larger.
  static let spanByteCountMax = 256 << 20
  /// Tags and byte counts in front of what a step writes, at the most.
  private static let overheadByteCountMax = 40

  func deallocate() {
    values.deallocate()
    rendered.deallocate()
    memory.deallocate()
  }

  /// Begins a span of not more bytes: what texts are put together from may be far smaller than they.
  mutating func begin(byteCountMax: Int) {
    values.removeAll()
    rendered.removeAll()
    valueByteCount = 0
    self.byteCountMax = byteCountMax
  }

  @inline(__always)
  mutating func add(_ value: SpanValue) throws(FormatError) {
    valueByteCount &+= value.byteCount
    guard valueByteCount <= byteCountMax else { throw .field("span byte count") }
    values.append(value)
  }

  mutating func assemble(
    _ steps: UnsafeBufferPointer<SpanTemplate.Step>, constants: UnsafeRawBufferPointer,
    _ row: RowGroupReader.Row
  ) throws(FormatError) -> UnsafeRawBufferPointer {
    var needed = valueByteCount
    for step in steps { needed &+= Int(step.constant.byteCount) &+ Self.overheadByteCountMax }
    if memory.count < needed { memory.append(repeating: 0, count: needed - memory.count) }
    place = memory.count
    write(steps, constants: constants, row)
    guard memory.count - place <= byteCountMax else { throw .field("span byte count") }
    return UnsafeRawBufferPointer(start: memory.base + place, count: memory.count - place)
  }

  private mutating func write(
    _ steps: UnsafeBufferPointer<SpanTemplate.Step>, constants: UnsafeRawBufferPointer,
    _ row: RowGroupReader.Row
  ) {
    var nextValue = values.count
    var nestedEnd = 0
    for step in steps.reversed() {
      switch step.kind {
      case .literal: prepend(constants[step.constant])
      case .traceID:
        prepend(row.traceID.low.byteSwapped)
        prepend(row.traceID.high.byteSwapped)
      case .spanID: prepend(row.spanID.byteSwapped)
      case .parentID: prepend(row.parentID.byteSwapped)
      case .start: prepend(row.start)
      case .end: prepend(row.end)
      case .open: prependVarint(UInt64(nestedEnd - place))
      case .close: nestedEnd = place
      case .whole, .text, .time, .attributeText, .attributeVarint, .attributeFixed64, .attributeValue:
        nextValue -= 1
        prepend(values[nextValue], step, constants: constants, start: row.start)
      }
    }
  }

  @inline(__always)
  private mutating func prepend(
    _ value: SpanValue, _ step: SpanTemplate.Step, constants: UnsafeRawBufferPointer, start: UInt64
  ) {
    let end = place
    switch step.kind {
    case .whole: prependText(value)
    case .text:
      prependText(value)
      prependVarint(UInt64(end - place))
    case .time: prepend(start &+ ZigZag.decode(value.word))
    case .attributeText:
      prependText(value)
      prependVarint(UInt64(end - place))
      prependByte(0x0a)
      prependAttribute(step, constants, end: end)
    case .attributeVarint:
      prependVarint(ZigZag.decode(value.word))
      prependByte(step.valueTag)
      prependAttribute(step, constants, end: end)
    case .attributeFixed64:
      prepend(value.word)
      prependByte(0x21)
      prependAttribute(step, constants, end: end)
    default:
      prependText(value)
      prependAttribute(step, constants, end: end)
    }
  }

  /// What stands in front of an attribute's value, which ends at `end`.
  @inline(__always)
  private mutating func prependAttribute(
    _ step: SpanTemplate.Step, _ constants: UnsafeRawBufferPointer, end: Int
  ) {
    prependVarint(UInt64(end - place))
    prependByte(0x12)
    prepend(constants[step.constant])
    prependByte(UInt8(truncatingIfNeeded: step.constant.byteCount))
    prependByte(0x0a)
    prependVarint(UInt64(end - place))
    prependByte(step.tag)
  }

  // MARK: Bytes

  // SAFETY: `assemble` has made room for all that the steps and values can take.

  @inline(__always)
  private mutating func prependText(_ value: SpanValue) {
    if value.isRendered {
      prepend(UnsafeRawBufferPointer(start: rendered.base + Int(value.word), count: value.byteCount))
    } else {
      prepend(
        UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(value.word)), count: value.byteCount))
    }
  }

  @inline(__always)
  private mutating func prepend(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    place &-= bytes.count
    UnsafeMutableRawPointer(memory.base + place).copyMemory(from: source, byteCount: bytes.count)
  }

  @inline(__always)
  private mutating func prepend(_ value: UInt64) {
    place &-= 8
    UnsafeMutableRawPointer(memory.base + place).storeBytes(of: value.littleEndian, as: UInt64.self)
  }

  @inline(__always)
  private mutating func prependByte(_ byte: UInt8) {
    place &-= 1
    memory.base[place] = byte
  }

  @inline(__always)
  private mutating func prependVarint(_ value: UInt64) {
    if value < 0x80 { return prependByte(UInt8(truncatingIfNeeded: value)) }
    let byteCount = ProtobufWriter.varintByteCount(of: value)
    place &-= byteCount
    var rest = value
    for number in 0..<byteCount {
      let isLast = number == byteCount - 1
      memory.base[place &+ number] = UInt8(truncatingIfNeeded: rest & 0x7f) | (isLast ? 0 : 0x80)
      rest &>>= 7
    }
  }
}
