internal import SpanTestKit
import SpanWire

/// Makes requests at random, with every oddity that protobuf allows: fields in any order, twice, under
/// another wire type, unknown ones, groups, padded numbers, envelopes in pieces.
package struct RequestGenerator {
  private var random: SeededRandom

  package init(seed: UInt64) { random = SeededRandom(seed: seed) }

  package mutating func request() -> [UInt8] {
    message(1...3, oddities: 8) { $0.field(1, $0.resourceSpans()) }
  }

  private mutating func resourceSpans() -> [UInt8] {
    message(0...4, oddities: 3) { generator in
      switch Int.random(in: 0..<4, using: &generator.random) {
      case 0: generator.field(1, generator.text())
      case 1: generator.field(3, generator.text())
      default: generator.field(2, generator.scopeSpans())
      }
    }
  }

  private mutating func scopeSpans() -> [UInt8] {
    message(0...6, oddities: 4) { generator in
      switch Int.random(in: 0..<6, using: &generator.random) {
      case 0: generator.field(1, generator.text())
      case 1: generator.field(3, generator.text())
      default: generator.field(2, generator.span())
      }
    }
  }

  private mutating func span() -> [UInt8] {
    if random.once(in: 2) { return usualSpan() }
    var ids = field(1, id(16)) + field(2, id(8))
    if random.once(in: 12) { ids = [] }
    return ids
      + message(0...8, oddities: 6) { generator in
        switch Int.random(in: 1...18, using: &generator.random) {
        case 1: generator.field(1, generator.id(16))
        case 2: generator.field(2, generator.id(8))
        case 3, 4: generator.field(4, generator.id(8))
        case 5: generator.field(5, generator.text())
        case 6: generator.varint(6 << 3) + generator.varint(generator.random.next())
        case 7: generator.varint(7 << 3 | 1) + generator.bytes(8)
        case 8: generator.varint(8 << 3 | 1) + generator.bytes(8)
        case 9: generator.field(15, generator.status())
        default: generator.field(9, generator.text())
        }
      }
  }

  /// A span as encoders write it: in order, now and then with something left out or changed.
  private mutating func usualSpan() -> [UInt8] {
    let flags = varint(16 << 3 | 5) + bytes(4)
    var fields = [field(1, id(16)), field(2, id(8)), field(4, id(8)), flags, field(5, text())]
    fields += [varint(6 << 3) + varint(random.next() % 200)]
    fields += [varint(7 << 3 | 1) + bytes(8), varint(8 << 3 | 1) + bytes(8)]
    fields += (0..<Int.random(in: 0...9, using: &random)).map { _ in field(9, text()) }
    fields += [field(15, status()), flags]
    if random.once(in: 2) { fields.remove(at: Int.random(in: fields.indices, using: &random)) }
    if random.once(in: 4) { fields.shuffle(using: &random) }
    return [UInt8](fields.joined())
  }

  private mutating func status() -> [UInt8] {
    message(0...2, oddities: 3) { $0.varint(3 << 3) + $0.varint($0.random.next() % 4) }
  }

  /// Several fields, with an odd one in front of each `oddities`-th.
  private mutating func message(
    _ counts: ClosedRange<Int>, oddities: Int, _ field: (inout Self) -> [UInt8]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: counts, using: &random) {
      if random.once(in: oddities) { bytes += oddField(depth: 0) }
      bytes += field(&self)
    }
    return random.once(in: oddities) ? bytes + oddField(depth: 0) : bytes
  }

  private mutating func oddField(depth: Int) -> [UInt8] {
    let number = UInt64.random(in: 1...(random.once(in: 2) ? 17 : 1 << 29 - 1), using: &random)
    switch Int.random(in: 0..<(depth < 4 ? 5 : 4), using: &random) {
    case 0: return varint(number << 3) + varint(random.next())
    case 1: return varint(number << 3 | 1) + bytes(8)
    case 2: return varint(number << 3 | 5) + bytes(4)
    case 3: return varint(number << 3 | 2) + lengthDelimited(text())
    default:
      var group = varint(number << 3 | 3)
      while random.once(in: 2) { group += oddField(depth: depth + 1) }
      return group + varint(number << 3 | 4)
    }
  }

  private mutating func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + lengthDelimited(bytes)
  }

  private mutating func lengthDelimited(_ bytes: [UInt8]) -> [UInt8] { varint(UInt64(bytes.count)) + bytes }

  /// An id; now and then a wrong one.
  private mutating func id(_ byteCount: Int) -> [UInt8] {
    switch Int.random(in: 0..<24, using: &random) {
    case 0: bytes(Int.random(in: 0...20, using: &random))
    case 1: [UInt8](repeating: 0, count: byteCount)
    default: bytes(byteCount)
    }
  }

  private mutating func text() -> [UInt8] {
    let byteCountMax = random.once(in: 8) ? 300 : 12
    return [UInt8](repeating: UInt8(ascii: "a"), count: Int.random(in: 0...byteCountMax, using: &random))
  }

  private mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  /// A varint; now and then a longer one than need be.
  private mutating func varint(_ value: UInt64) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.writeVarint(value)
    guard random.once(in: 40), writer.bytes.count < 10 else { return writer.bytes }
    let padding = Int.random(in: 1...(10 - writer.bytes.count), using: &random)
    writer.bytes[writer.bytes.count - 1] |= 0x80
    return writer.bytes + [UInt8](repeating: 0x80, count: padding - 1) + [0]
  }
}
