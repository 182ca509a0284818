import SpanModel

/// A value of a column.
enum PlainValue {
  case number(UInt64)
  case text([UInt8])
}

/// A text of a dictionary, in parts.
enum PlainPattern: Equatable {
  case literal(UInt8)
  case number
  case digits(Int)

  static func parts(_ text: [UInt8]) -> [PlainPattern] {
    var bytes = PlainBytes(text)
    var parts: [PlainPattern] = []
    while !bytes.isAtEnd {
      let byte = bytes.take(1)[0]
      parts.append(byte == 1 ? .number : byte == 2 ? .digits(Int(bytes.take(1)[0])) : .literal(byte))
    }
    return parts
  }

  static func text(_ parts: [PlainPattern], _ numbers: inout [[UInt64]], _ digits: inout PlainBytes)
    -> [UInt8]
  {
    var text: [UInt8] = []
    var place = 0
    for part in parts {
      switch part {
      case .literal(let byte): text.append(byte)
      case .number:
        text += Array("\(numbers[place].removeFirst())".utf8)
        place += 1
      case .digits(let count):
        for byte in digits.take(count) {
          text += Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
        }
      }
    }
    return text
  }
}

/// A step of a template.
struct PlainStep {
  var kind = 0
  var tag: UInt8 = 0
  var valueTag: UInt8 = 0
  var constant: [UInt8] = []
  var column = 0

  static func steps(_ item: [UInt8]) throws -> [PlainStep] {
    var bytes = PlainBytes(item)
    var steps: [PlainStep] = []
    while !bytes.isAtEnd {
      var step = PlainStep()
      step.kind = Int(bytes.number(1))
      guard step.kind <= 14 else { throw PlainError("step \(step.kind)") }
      if (8...11).contains(step.kind) { step.tag = bytes.take(1)[0] }
      if step.kind == 9 { step.valueTag = bytes.take(1)[0] }
      if step.kind == 0 || (8...11).contains(step.kind) { step.constant = bytes.take(Int(bytes.varint())) }
      if (6...11).contains(step.kind) || step.kind == 14 { step.column = Int(bytes.varint()) }
      steps.append(step)
    }
    return steps
  }
}

/// What a row says, and its span.
struct PlainRow {
  let traceID: TraceID
  let spanID: UInt64
  let parentID: UInt64
  let start: UInt64
  let end: UInt64
  let template: Int
  let scope: Int
  let record: Int

  /// - Parameter values: of all columns; those of this row are taken away.
  func span(_ steps: [PlainStep], _ values: inout PlainColumns) -> [UInt8] {
    var bytes: [UInt8] = []
    var outer: [UInt8] = []
    for step in steps {
      switch step.kind {
      case 1: bytes += PlainBytes.network(traceID.high) + PlainBytes.network(traceID.low)
      case 12: (outer, bytes) = (bytes, [])
      case 13: bytes = outer + PlainBytes.varint(bytes.count) + bytes
      default: bytes += written(step, &values)
      }
    }
    return bytes
  }

  private func written(_ step: PlainStep, _ values: inout PlainColumns) -> [UInt8] {
    switch step.kind {
    case 0: return step.constant
    case 2: return PlainBytes.network(spanID)
    case 3: return PlainBytes.network(parentID)
    case 4: return PlainBytes.fixed64(start)
    case 5: return PlainBytes.fixed64(end)
    case 7: return PlainBytes.fixed64(start &+ PlainBytes.signed(values.number(step.column)))
    case 9:
      let value = PlainBytes.varint(PlainBytes.signed(values.number(step.column)))
      return pair(step, [step.valueTag] + value)
    case 10: return pair(step, [0x21] + PlainBytes.fixed64(values.number(step.column)))
    default: break
    }
    let text = values.text(step.column)
    switch step.kind {
    case 6: return PlainBytes.varint(text.count) + text
    case 8: return pair(step, [0x0a] + PlainBytes.varint(text.count) + text)
    case 11: return pair(step, text)
    default: return text
    }
  }

  private func pair(_ step: PlainStep, _ value: [UInt8]) -> [UInt8] {
    let key = [0x0a, UInt8(step.constant.count)] + step.constant
    let rest = key + [0x12] + PlainBytes.varint(value.count) + value
    return [step.tag] + PlainBytes.varint(rest.count) + rest
  }
}

/// The values of the columns of a row group, taken one after the other.
struct PlainColumns {
  private var values: [Int: [PlainValue]] = [:]
  private var next: [Int: Int] = [:]

  mutating func set(_ column: Int, _ found: [PlainValue]) { values[column] = found }

  private mutating func take(_ column: Int) -> PlainValue? {
    let place = next[column, default: 0]
    next[column] = place + 1
    guard let found = values[column], place < found.count else { return nil }
    return found[place]
  }

  mutating func number(_ column: Int) -> UInt64 {
    guard case .number(let number) = take(column) else { preconditionFailure("no number in \(column)") }
    return number
  }

  mutating func text(_ column: Int) -> [UInt8] {
    guard case .text(let text) = take(column) else { preconditionFailure("no text in \(column)") }
    return text
  }
}
