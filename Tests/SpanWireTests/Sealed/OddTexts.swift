import SpanTestKit

/// Texts of the kinds that a sealed segment treats in ways of its own, and those at the edges between them.
struct OddTexts {
  var random: SeededRandom
  private var known: [[UInt8]] = []

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Every fourth is one that came before.
  mutating func text() -> [UInt8] {
    if random.once(in: 4), let known = known.randomElement(using: &random) { return known }
    var text = piece()
    while random.once(in: 2) { text += piece() }
    if text.count < 200, known.count < 5000 { known.append(text) }
    return text
  }

  private mutating func piece() -> [UInt8] {
    switch Int.random(in: 0..<16, using: &random) {
    case 0: []
    case 1, 2: digits("0123456789", Int.random(in: 1...21, using: &random))
    case 3: Array("0".utf8) + digits("0123456789", Int.random(in: 1...19, using: &random))
    case 4, 5: digits("0123456789abcdef", Int.random(in: 1...40, using: &random))
    case 6: digits("0123456789ABCDEF", Int.random(in: 2...16, using: &random))
    case 7: digits("0123456789abcdef", [508, 509, 510, 511, 512, 600].randomElement(using: &random) ?? 0)
    case 8: digits("abcdefgxyzGXYZ", Int.random(in: 1...12, using: &random))
    case 9: [[1], [2], [2, 1], [1, 1], [2, 0], [2, 255], [1, 2, 8]].randomElement(using: &random) ?? []
    case 10: bytes(Int.random(in: 0...20, using: &random))
    case 11: uuid()
    case 12: Array([UInt8](repeating: 0x61, count: edge()))
    case 13: Array("/api/v1/users/\(UInt32.random(in: 0...99_999, using: &random))/carts".utf8)
    case 14: Array("SELECT * FROM t WHERE id = ".utf8) + digits("0123456789", 6)
    default: Array(" -./:_".utf8.shuffled(using: &random).prefix(2))
    }
  }

  /// Around where a length takes one byte more.
  mutating func edge() -> Int {
    let edges =
      random.once(in: 20) ? [16_381, 16_383, 16_384, 32_767, 32_768, 32_769] : [126, 127, 128, 129]
    return edges.randomElement(using: &random) ?? 0
  }

  mutating func digits(_ alphabet: String, _ count: Int) -> [UInt8] {
    let letters = Array(alphabet.utf8)
    return (0..<count).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] }
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private mutating func uuid() -> [UInt8] {
    let parts = [8, 4, 4, 4, 12].map { digits("0123456789abcdef", $0) }
    return Array(parts.joined(separator: Array("-".utf8)))
  }

  /// Numbers of every size, the least and the greatest among them.
  mutating func number() -> UInt64 {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: 0
    case 1: .max
    case 2: UInt64.random(in: 0...300, using: &random)
    case 3: 0 &- UInt64.random(in: 0...300, using: &random)
    case 4: 1 << UInt64.random(in: 0...63, using: &random)
    default: random.next()
    }
  }
}
