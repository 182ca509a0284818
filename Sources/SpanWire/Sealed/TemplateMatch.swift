internal import SpanModel

/// Takes spans apart by the steps of a template that they are probably of: one walk over their bytes, in
/// place of taking them apart without knowing anything and then looking for the template.
///
/// A span that fits the steps to its last byte can be made of them again; it need not be asked whether
/// another template would fit, too. One that does not fit is taken apart by `SpanDissector`.
struct TemplateMatch {
  /// Of each step its value, as that of a `SpanPiece`: whatever was there before for a step without one.
  private(set) var values = PlainArray<UInt64>()
  private(set) var keys = SpanKeys()

  func deallocate() { values.deallocate() }

  /// Takes over what a span was dissected into.
  @inline(__always)
  mutating func take(_ dissector: borrowing SpanDissector) {
    keys = dissector.keys
    values.removeAll()
    for piece in dissector.pieces.elements { values.append(piece.value) }
  }

  /// Takes the span of a trace apart.
  ///
  /// - Parameters:
  ///   - steps: of the template.
  ///   - constants: what the steps' constants are parts of.
  /// - Returns: whether it fits; else what was taken means nothing.
  @inline(__always)
  mutating func take(
    _ span: UnsafeRawBufferPointer, of trace: TraceID, _ steps: UnsafeBufferPointer<TemplateTable.Known>,
    _ constants: UnsafeRawPointer
  ) -> Bool {
    guard let base = span.baseAddress else { return false }
    values.removeAll()
    values.append(repeating: 0, count: steps.count)
    keys = SpanKeys()
    var hasEnd = false
    let end = base + span.count
    var next = base
    var nestedEnd = end
    for place in 0..<steps.count {
      let step = steps[place]
      switch step.kind {
      case .literal:
        let byteCount = Int(step.constant.byteCount)
        guard end - next >= byteCount,
          ByteHash.areEqual(constants + Int(step.constant.position), next, byteCount)
        else { return false }
        next += byteCount
      case .traceID:
        guard end - next >= TraceID.byteCount, next.bigEndian(at: 0) == trace.high,
          next.bigEndian(at: 8) == trace.low
        else { return false }
        next += TraceID.byteCount
      case .spanID, .parentID, .start, .end, .time:
        guard end - next >= 8 else { return false }
        switch step.kind {
        case .spanID: keys.spanID = next.bigEndian(at: 0)
        case .parentID: keys.parentID = next.bigEndian(at: 0)
        case .start: keys.start = next.littleEndian(at: 0)
        case .end:
          keys.end = next.littleEndian(at: 0)
          hasEnd = true
        default: values[place] = next.littleEndian(at: 0)
        }
        next += 8
      case .text:
        guard let byteCount = Self.takeLength(&next, to: end) else { return false }
        values[place] = Self.slice(next, byteCount, base)
        next += byteCount
      case .attributeText, .attributeVarint, .attributeFixed64, .attributeValue:
        guard let value = Self.takeAttribute(step, &next, to: end, constants, base) else { return false }
        values[place] = value
      case .open:
        guard let byteCount = Self.takeLength(&next, to: end) else { return false }
        nestedEnd = next + byteCount
      case .close:
        // Whatever lies between began and ended within, or this would be another place.
        guard next == nestedEnd else { return false }
      case .whole: return false
      }
    }
    if !hasEnd { keys.end = keys.start }
    return next == end
  }

  @inline(__always)
  private static func slice(_ start: UnsafeRawPointer, _ byteCount: Int, _ base: UnsafeRawPointer) -> UInt64 {
    UInt64(UInt32(truncatingIfNeeded: start - base)) &<< 32 | UInt64(UInt32(truncatingIfNeeded: byteCount))
  }

  /// Reads a length that is written as short as can be, and of which as many bytes follow.
  @inline(__always)
  private static func takeLength(_ next: inout UnsafeRawPointer, to end: UnsafeRawPointer) -> Int? {
    guard next < end else { return nil }
    let short = Int(next.load(as: UInt8.self))
    if short >= 0x80 { return takeLongLength(&next, to: end) }
    guard end - next > short else { return nil }
    next += 1
    return short
  }

  @inline(never)
  private static func takeLongLength(_ next: inout UnsafeRawPointer, to end: UnsafeRawPointer) -> Int? {
    var cursor = ProtobufCursor(current: next, end: end, origin: next)
    do throws(WireError) {
      let bytes = try cursor.readBytes()
      let start = cursor.current - bytes.count
      guard start - next == ProtobufWriter.varintByteCount(of: UInt64(bytes.count)) else { return nil }
      next = start
      return bytes.count
    } catch {
      return nil
    }
  }
}

// MARK: Attributes

extension TemplateMatch {
  /// The value of an attribute that is written as the step says, all lengths of it in one byte.
  @inline(__always)
  private static func takeAttribute(
    _ step: TemplateTable.Known, _ next: inout UnsafeRawPointer, to end: UnsafeRawPointer,
    _ constants: UnsafeRawPointer, _ base: UnsafeRawPointer
  ) -> UInt64? {
    let keyByteCount = Int(step.constant.byteCount)
    // Tag and length, those of the key, of the value, and two bytes of a value at least.
    guard end - next >= keyByteCount &+ 8, next.load(as: UInt8.self) == step.tag else { return nil }
    let byteCount = Int((next + 1).load(as: UInt8.self))
    if byteCount >= 0x80 || step.kind == .attributeValue {
      return takeOtherAttribute(step, &next, to: end, constants, base)
    }
    guard (next + 2).load(as: UInt8.self) == 0x0a, Int((next + 3).load(as: UInt8.self)) == keyByteCount,
      ByteHash.areEqual(constants + Int(step.constant.position), next + 4, keyByteCount)
    else { return nil }
    let behindKey = next + (4 &+ keyByteCount)
    let valueByteCount = Int((behindKey + 1).load(as: UInt8.self))
    let value = behindKey + 2
    // Two lengths that agree, and lie within: the shorter one is in one byte, then.
    guard behindKey.load(as: UInt8.self) == 0x12, byteCount == keyByteCount &+ 4 &+ valueByteCount,
      valueByteCount >= 2, end - value >= valueByteCount
    else { return nil }
    next = value + valueByteCount
    let valueTag = value.load(as: UInt8.self)
    switch step.kind {
    case .attributeText:
      guard valueTag == 0x0a, Int((value + 1).load(as: UInt8.self)) == valueByteCount &- 2 else { return nil }
      return slice(value + 2, valueByteCount &- 2, base)
    case .attributeVarint:
      guard valueTag == step.valueTag else { return nil }
      return varint(from: value + 1, to: next)
    default:
      guard valueTag == 0x21, valueByteCount == 9 else { return nil }
      return value.littleEndian(at: 1)
    }
  }

  /// The number that all bytes between the two are, written as short as can be.
  @inline(__always)
  private static func varint(from start: UnsafeRawPointer, to end: UnsafeRawPointer) -> UInt64? {
    let first = start.load(as: UInt8.self)
    if end - start == 1 { return first < 0x80 ? UInt64(first) : nil }
    var cursor = ProtobufCursor(current: start, end: end, origin: start)
    do throws(WireError) {
      let number = try cursor.readVarint()
      let isShortest =
        end - start == ProtobufWriter.varintByteCount(of: number)
        && SpanDissector.isWithin64Bits(start, to: end)
      return cursor.isAtEnd && isShortest ? number : nil
    } catch {
      return nil
    }
  }

  @inline(never)
  private static func takeOtherAttribute(
    _ step: TemplateTable.Known, _ next: inout UnsafeRawPointer, to end: UnsafeRawPointer,
    _ constants: UnsafeRawPointer, _ base: UnsafeRawPointer
  ) -> UInt64? {
    var place = next + 1
    guard let byteCount = takeLength(&place, to: end),
      let piece = SpanDissector.attribute(from: place, to: place + byteCount, tag: step.tag, origin: base),
      piece.kind == step.kind, piece.valueTag == step.valueTag,
      piece.constant.byteCount == step.constant.byteCount,
      ByteHash.areEqual(
        constants + Int(step.constant.position), base + Int(piece.constant.position),
        Int(piece.constant.byteCount))
    else { return nil }
    next = place + byteCount
    return piece.value
  }
}
