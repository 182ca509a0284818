/// Damages bytes a little: most of it lands within what they mean, where whole random bytes would never get.
package struct ByteMutator {
  private var random: SeededRandom

  package init(seed: UInt64) { random = SeededRandom(seed: seed) }

  package mutating func mutate(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &random) { mutateOnce(&bytes) }
    return bytes
  }

  private mutating func mutateOnce(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    let place = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes[place] &+= random.once(in: 2) ? 1 : 255
    case 3: bytes.removeSubrange(place..<min(bytes.count, place + length()))
    case 4: bytes.insert(contentsOf: slice(of: bytes), at: place)
    case 5: bytes.replaceSubrange(place..<min(bytes.count, place + length()), with: slice(of: bytes))
    default: bytes.removeLast(min(bytes.count, length()))
    }
  }

  private mutating func slice(of bytes: [UInt8]) -> [UInt8] {
    let start = Int.random(in: 0..<bytes.count, using: &random)
    return [UInt8](bytes[start..<min(bytes.count, start + length())])
  }

  private mutating func length() -> Int { Int.random(in: 1...(random.once(in: 4) ? 40 : 4), using: &random) }
}
