import SpanModel
import SpanTestKit
import SpanWire

/// Makes spans by seed that are written as no ordinary program would, but as protobuf allows, or hardly.
struct OddSpans {
  var texts: OddTexts
  /// Which spans are damaged, too: made by real programs.
  let recorded: [[UInt8]]
  private var mutator: ByteMutator
  private let keys: [[UInt8]]

  var random: SeededRandom {
    get { texts.random }
    set { texts.random = newValue }
  }

  init(seed: UInt64, recorded: [[UInt8]] = []) {
    var texts = OddTexts(seed: seed)
    self.recorded = recorded
    mutator = ByteMutator(seed: seed)
    keys =
      (0..<20).map { Array("key.\($0)".utf8) }
      + [126, 127, 128, 129].map { texts.digits("abc", $0) } + [[], [0x12], [1, 2]]
    self.texts = texts
  }

  /// A span of this trace, with this id: every tenth is a recorded or made-up one with some bytes changed.
  mutating func span(_ traceID: TraceID, _ spanID: UInt64) -> [UInt8] {
    let span = whole(traceID, spanID)
    guard random.once(in: 10) else { return span }
    return mutator.mutate(recorded.randomElement(using: &texts.random) ?? span)
  }

  private mutating func whole(_ traceID: TraceID, _ spanID: UInt64) -> [UInt8] {
    var fields = [
      field(1, Self.bigEndian(traceID.high) + Self.bigEndian(traceID.low)), field(2, Self.bigEndian(spanID)),
    ]
    if !random.once(in: 4) { fields.append(field(4, Self.bigEndian(parent(of: spanID)))) }
    if !random.once(in: 8) { fields.append(field(5, texts.text())) }
    fields += times()
    for _ in 0..<Int.random(in: 0...8, using: &random) { fields.append(other()) }
    if random.once(in: 20) { fields.append(fields.randomElement(using: &texts.random) ?? []) }
    if random.once(in: 3) { fields.shuffle(using: &texts.random) }
    return Array(fields.joined())
  }

  private mutating func parent(of spanID: UInt64) -> UInt64 {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: spanID
    case 1: 0
    case 2: UInt64.random(in: 1...20, using: &random)
    default: random.next()
    }
  }

  private mutating func times() -> [[UInt8]] {
    let start = random.once(in: 2) ? 1_700_000_000_000_000_000 &+ texts.number() % 1_000_000 : texts.number()
    let end = random.once(in: 4) ? texts.number() : start &+ texts.number() % 1_000_000
    var fields: [[UInt8]] = []
    if !random.once(in: 10) { fields.append(fixed64(7, start)) }
    if !random.once(in: 10) { fields.append(fixed64(8, end)) }
    return fields
  }

  private mutating func other() -> [UInt8] {
    switch Int.random(in: 0..<16, using: &random) {
    case 0...6: field(9, attribute())
    case 7: field(11, nested(attributeField: 3))
    case 8: field(13, nested(attributeField: 4))
    case 9: field(15, field(2, texts.text()) + varint(3, texts.number()))
    case 10: varint(6, UInt64.random(in: 0...6, using: &random))
    case 11: field([3, 200, 5_000, 1 << 28].randomElement(using: &texts.random) ?? 3, texts.text())
    case 12: varint(10, texts.number())
    case 13: fixed32(16, UInt32.random(in: 0...257, using: &random))
    case 14: group(30)
    default: fixed64(40, texts.number())
    }
  }

  private mutating func nested(attributeField: UInt32) -> [UInt8] {
    var bytes: [UInt8] = random.once(in: 2) ? fixed64(1, texts.number()) : []
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes += field(2, texts.text())
      case 1: bytes += varint(7, texts.number())
      case 2: bytes += random.once(in: 10) ? texts.bytes(3) : group(9)
      default: bytes += field(attributeField, attribute())
      }
    }
    return bytes
  }

  /// Mostly a key and then a value, as programs write it.
  private mutating func attribute() -> [UInt8] {
    let key = random.once(in: 40) ? texts.text() : keys.randomElement(using: &texts.random) ?? []
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return field(2, value(depth: 0)) + field(1, key)
    case 1: return field(1, key)
    case 2: return []
    case 3: return field(1, key) + field(2, value(depth: 0)) + varint(3, texts.number())
    case 4: return texts.bytes(5)
    default: return field(1, key) + field(2, value(depth: 0))
    }
  }

  /// An `AnyValue` of any kind.
  private mutating func value(depth: Int) -> [UInt8] {
    switch Int.random(in: 0..<12, using: &random) {
    case 0...4: field(1, texts.text())
    case 5: varint(2, UInt64.random(in: 0...2, using: &random))
    case 6: varint(3, texts.number())
    case 7:
      fixed64(4, [Double.nan, -0.0, .infinity, 1.5].randomElement(using: &texts.random)?.bitPattern ?? 0)
    case 8 where depth < 3: field(5, field(1, value(depth: depth + 1)) + field(1, value(depth: depth + 1)))
    case 9 where depth < 3: field(6, field(1, field(1, texts.text()) + field(2, value(depth: depth + 1))))
    case 10: field(7, texts.bytes(Int.random(in: 0...20, using: &random)))
    default: []
    }
  }
}

// MARK: Wire format

extension OddSpans {
  private static func bigEndian(_ number: UInt64) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  mutating func field(_ number: UInt32, _ bytes: [UInt8]) -> [UInt8] {
    wireVarint(UInt64(number) << 3 | 2) + wireVarint(UInt64(bytes.count)) + bytes
  }

  private mutating func varint(_ number: UInt32, _ value: UInt64) -> [UInt8] {
    wireVarint(UInt64(number) << 3) + wireVarint(value)
  }

  private mutating func fixed64(_ number: UInt32, _ value: UInt64) -> [UInt8] {
    wireVarint(UInt64(number) << 3 | 1) + Self.bigEndian(value.byteSwapped)
  }

  private mutating func fixed32(_ number: UInt32, _ value: UInt32) -> [UInt8] {
    wireVarint(UInt64(number) << 3 | 5) + withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private mutating func group(_ number: UInt32) -> [UInt8] {
    let inner = random.once(in: 3) ? group(number + 1) : field(1, texts.text())
    return wireVarint(UInt64(number) << 3 | 3) + inner + wireVarint(UInt64(number) << 3 | 4)
  }

  /// Now and then longer than it need be.
  private mutating func wireVarint(_ value: UInt64) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.writeVarint(value)
    var bytes = writer.bytes
    guard bytes.count < 5, random.once(in: 100) else { return bytes }
    bytes[bytes.count - 1] |= 0x80
    while bytes.count < 4, random.once(in: 2) { bytes.append(0x80) }
    return bytes + [0]
  }
}
