import CLZ4
import SpanWire

/// Bytes read front to back, written from `docs/format.md` alone: it shares no decoder with what it tests.
struct PlainBytes {
  let bytes: [UInt8]
  var position = 0

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ count: Int) -> [UInt8] {
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  mutating func number(_ width: Int) -> UInt64 {
    take(width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// In network order, as ids are.
  mutating func id() -> UInt64 { take(8).reduce(0) { $0 << 8 | UInt64($1) } }

  mutating func varint() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = take(1)[0]
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  mutating func packed(_ count: Int) -> [UInt64] {
    let least = varint()
    let width = Int(number(1))
    let packed = take((count * width + 7) / 8)
    return (0..<count).map { number in
      var distance: UInt64 = 0
      for bit in 0..<width {
        let place = number * width + bit
        if packed[place / 8] & 1 << UInt8(place % 8) != 0 { distance |= 1 << UInt64(bit) }
      }
      return least &+ distance
    }
  }
}

extension PlainBytes {
  static func signed(_ zigzag: UInt64) -> UInt64 { zigzag & 1 == 0 ? zigzag >> 1 : ~(zigzag >> 1) }

  static func varint(_ value: Int) -> [UInt8] { varint(UInt64(value)) }

  static func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
  }

  static func fixed64(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(value >> (8 * UInt64($0)) & 0xff) } }

  static func network(_ value: UInt64) -> [UInt8] { fixed64(value).reversed() }
}

/// A file whose blocks are checked and uncompressed as the page says.
struct PlainSealedFile {
  let bytes: [UInt8]
  private let high: UInt64
  private let low: UInt64

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var footer = PlainBytes(bytes.suffix(512))
    footer.position = 16
    high = footer.id()
    let second = footer.id()
    low = second ^ (footer.number(8) &* 0x9e37_79b9_7f4a_7c15)
  }

  private func mask(at position: Int) -> UInt32 {
    func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
      let product = left.multipliedFullWidth(by: right)
      return product.high ^ product.low
    }
    let moved = UInt64(position) ^ 0xc2b2_ae3d_27d4_eb4f
    let identity = fold(fold(moved ^ low, high | 1) ^ high, low ^ 0x9e37_79b9_7f4a_7c15)
    return UInt32(identity >> 32)
  }

  /// The raw bytes of the block at `position`, and where it ends.
  func block(at position: Int) throws -> (raw: [UInt8], end: Int) {
    var header = PlainBytes(bytes[position..<position + 12])
    let checksum = UInt32(header.number(4))
    let (storedCount, rawCount) = (Int(header.number(4)), Int(header.number(4)))
    let end = position + 12 + storedCount
    let covered = Array(bytes[position + 4..<end])
    guard covered.withUnsafeBytes({ CRC32C.checksum($0) }) ^ mask(at: position) == checksum else {
      throw PlainError("the checksum of the block at \(position)")
    }
    let stored = Array(covered.dropFirst(8))
    if storedCount == rawCount { return (stored, end) }
    var raw = [UInt8](repeating: 0, count: rawCount)
    let count = raw.withUnsafeMutableBytes { raw in
      stored.withUnsafeBytes { stored in
        LZ4_decompress_safe(stored.baseAddress, raw.baseAddress, Int32(stored.count), Int32(raw.count))
      }
    }
    guard Int(count) == rawCount else { throw PlainError("the compressed block at \(position)") }
    return (raw, end)
  }

  /// The items of the list that lies there.
  func items(_ range: Range<Int>) throws -> [[UInt8]] {
    var trailer = PlainBytes(bytes[range].suffix(8))
    var directory = PlainBytes(try block(at: range.lowerBound + Int(trailer.number(8))).raw)
    var blocks: [(first: Int, position: Int)] = []
    while directory.bytes.count - directory.position > 4 {
      blocks.append((Int(directory.number(4)), Int(directory.number(8))))
    }
    let itemCount = Int(directory.number(4))
    var items: [[UInt8]] = []
    for (number, found) in blocks.enumerated() {
      let end = number + 1 < blocks.count ? blocks[number + 1].first : itemCount
      var block = PlainBytes(try block(at: range.lowerBound + found.position).raw)
      for count in block.packed(end - found.first) { items.append(block.take(Int(count))) }
    }
    return items
  }
}

struct PlainError: Error {
  let what: String
  init(_ what: String) { self.what = what }
}
