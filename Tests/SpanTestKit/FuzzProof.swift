/// Something promised of any bytes, whoever made them.
///
/// Its memory is used again from one input to the next, because a dose is a hundred million of them.
package protocol FuzzProof {
  init()

  /// An input to begin with: of a form that gets past the first checks.
  static func seed(_ number: UInt64) -> [UInt8]

  /// What does not hold for this input; `nil` when all does. A trap ends the process, which tells as much.
  mutating func fault(in input: UnsafeRawBufferPointer) -> String?
}

extension FuzzProof {
  /// Tries the inputs of these seeds, each as it is and `damageCount` times damaged.
  ///
  /// - Returns: the first fault, with the seed it came from.
  package mutating func fault(ofSeeds seeds: Range<UInt64>, damageCount: Int) -> String? {
    for seed in seeds {
      let whole = Self.seed(seed)
      var mutator = ByteMutator(seed: seed)
      for round in 0...damageCount {
        let input = round == 0 ? whole : mutator.mutate(whole)
        if let fault = input.withUnsafeBytes({ fault(in: $0) }) {
          return "seed \(seed), damage \(round): \(fault)"
        }
      }
    }
    return nil
  }
}

/// Choices read from an input, so that any bytes are a script; zeroes once they are used up.
package struct ScriptReader {
  private var rest: UnsafeRawBufferPointer.SubSequence

  package init(_ input: UnsafeRawBufferPointer) { rest = input[...] }

  package var isAtEnd: Bool { rest.isEmpty }

  package mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  package mutating func number() -> Int { Int(byte()) | Int(byte()) << 8 }

  package mutating func choice(of count: Int) -> Int { (count > 256 ? number() : Int(byte())) % count }

  /// A number that some check may not have thought of.
  package mutating func value() -> UInt64 {
    let kind = byte()
    switch kind % 8 {
    case 0: return UInt64(kind / 8)
    case 1: return UInt64(number())
    case 2: return 1 << UInt64(byte() % 64)
    case 3: return (1 << UInt64(byte() % 64)) - 1
    case 4: return 0 &- UInt64(byte())
    case 5: return UInt64(number()) * 4096
    case 6: return UInt64(UInt32.max) - UInt64(byte())
    default: return (0..<8).reduce(0) { value, _ in value << 8 | UInt64(byte()) }
    }
  }

  /// Up to `count` bytes as they are.
  package mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer {
    defer { rest = rest.dropFirst(count) }
    return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
  }
}
