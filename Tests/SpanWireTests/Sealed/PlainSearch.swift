import SpanWire

/// Tags and their filters, read from `docs/format.md`.
struct PlainTags {
  private let seed: UInt64

  init(hashKey: HashKey) { seed = hashKey.high ^ hashKey.low }

  private static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
    return product.high ^ product.low
  }

  func hash(_ bytes: [UInt8]) -> UInt64 {
    func word(_ range: Range<Int>) -> UInt64 {
      bytes[range].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    var hash = seed ^ UInt64(bytes.count) &* 0x9e37_79b9_7f4a_7c15
    var next = 0
    while bytes.count - next >= 8 {
      hash = Self.mix(hash ^ word(next..<next + 8))
      next += 8
    }
    if bytes.count - next >= 4 {
      return Self.mix(hash ^ word(next..<next + 4) ^ word(bytes.count - 4..<bytes.count) << 32)
    }
    return Self.mix(hash ^ word(next..<bytes.count))
  }

  /// - Parameters:
  ///   - kind: as the page numbers them.
  ///   - word: the hash of a text, or a number.
  func tag(_ kind: UInt64, key: [UInt8] = [], word: UInt64) -> UInt64 {
    Self.mix(Self.mix(hash(key) ^ kind &* 0x9e37_79b9_7f4a_7c15) ^ word)
  }

  static func mayContain(_ tag: UInt64, _ filter: [UInt8]) -> Bool {
    let bitCount = UInt64(filter.count * 8)
    var first = UInt32(tag & 0xffff_ffff)
    var second = UInt32(tag >> 32)
    for number in 1...6 as ClosedRange<UInt32> {
      let place = Int((UInt64(first) * bitCount) >> 32)
      if filter[place / 8] >> UInt8(place % 8) & 1 == 0 { return false }
      first = first &+ second
      second = second &+ number
    }
    return true
  }
}

/// The tags of a span that is written as nearly every encoder writes it, by a plain look at its fields.
extension PlainTags {
  func tags(of span: [UInt8]) -> [UInt64] {
    Self.fields(span).flatMap { field, value in
      switch field {
      case 5: [tag(6, word: hash(value))]
      case 9: attributeTags(Self.fields(value))
      case 15: Self.fields(value).contains { $0 == 3 && $1 == [2] } ? [tag(8, word: 0)] : []
      default: [] as [UInt64]
      }
    }
  }

  private func attributeTags(_ fields: [(field: Int, value: [UInt8])]) -> [UInt64] {
    let key = fields.first { $0.field == 1 }?.value ?? []
    var tags = [tag(1, key: key, word: 0)]
    for (field, value) in fields.filter({ $0.field == 2 }).flatMap({ Self.fields($0.value) }) {
      switch field {
      case 1: tags.append(tag(2, key: key, word: hash(value)))
      case 2: tags.append(tag(5, key: key, word: value == [0] ? 0 : 1))
      case 3:
        var number = PlainBytes(value)
        tags.append(tag(3, key: key, word: number.varint()))
      default: break
      }
    }
    return tags
  }

  /// Numbers of fields and their values: of a varint its bytes, of eight bytes these.
  private static func fields(_ message: [UInt8]) -> [(field: Int, value: [UInt8])] {
    var bytes = PlainBytes(message)
    var fields: [(field: Int, value: [UInt8])] = []
    while !bytes.isAtEnd {
      let tag = bytes.varint()
      let start = bytes.position
      switch tag & 7 {
      case 0:
        _ = bytes.varint()
        fields.append((Int(tag >> 3), Array(bytes.bytes[start..<bytes.position])))
      case 1: fields.append((Int(tag >> 3), bytes.take(8)))
      case 2: fields.append((Int(tag >> 3), bytes.take(Int(bytes.varint()))))
      default: fields.append((Int(tag >> 3), bytes.take(4)))
      }
    }
    return fields
  }
}

/// The section of edges, read from the page.
struct PlainEdges: Equatable {
  let services: [[UInt8]]
  /// Hour, parent, child, calls and errors of each.
  let edges: [[UInt64]]
  let openCounts: [UInt64]
  let groupOpenCounts: [UInt64]

  init(_ raw: [UInt8], rowGroupCount: Int) {
    var bytes = PlainBytes(raw)
    services = (0..<Int(bytes.varint())).map { _ in bytes.take(Int(bytes.varint())) }
    let count = Int(bytes.varint())
    let fields = (0..<5).map { _ in bytes.packed(count) }
    edges = (0..<count).map { number in fields.map { $0[number] } }
    openCounts = bytes.packed(services.count)
    groupOpenCounts = bytes.packed(rowGroupCount)
  }

  init(_ edges: ServiceEdges) {
    services = edges.services
    self.edges = edges.edges.map {
      [UInt64($0.hour), UInt64($0.parent), UInt64($0.child), $0.callCount, $0.errorCount]
    }
    openCounts = edges.openCounts
    groupOpenCounts = edges.groupOpenCounts
  }
}
