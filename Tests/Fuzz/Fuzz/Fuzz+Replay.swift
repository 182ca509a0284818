#if !FUZZER
  import Foundation
  import SpanTestKit

  extension Fuzz {
    struct Failure: Error, CustomStringConvertible {
      let description: String
      init(_ description: String) { self.description = description }
    }

    static func run(_ arguments: ArraySlice<String>) throws {
      let words = Array(arguments)
      guard let proof = words.first.flatMap({ proofs[$0] }) else { throw Failure("fuzz \(names) …") }
      switch (words.dropFirst().first, words.count) {
      case ("seeds", 4): try writeSeeds(of: proof, into: words[2], count: UInt64(words[3]) ?? 0)
      case ("random", 4): try tryRandom(proof, count: UInt64(words[2]) ?? 0, seed: UInt64(words[3]) ?? 0)
      case ("replay", 3...): try replay(words[2...], proof)
      default: throw Failure("fuzz \(words[0]) seeds FOLDER COUNT | random COUNT SEED | replay FILE…")
      }
    }

    /// Writes the inputs of seeds 0 to `count`, for the fuzzer to start from.
    private static func writeSeeds(of proof: any FuzzProof.Type, into folder: String, count: UInt64) throws {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for seed in 0..<count {
        try Data(proof.seed(seed)).write(to: URL(filePath: folder).appending(path: "seed-\(seed)"))
      }
    }

    private static let inputsPerSeed: UInt64 = 64
    /// Seeds between two lines of progress: some ten million inputs.
    private static let seedsPerLine: UInt64 = 156_250

    /// Judges `count` inputs, 64 of each seed, prints how many on the way, and the dose.
    private static func tryRandom(_ type: any FuzzProof.Type, count: UInt64, seed: UInt64) throws {
      var proof = type.init()
      let end = seed + count / inputsPerSeed
      for start in stride(from: seed, to: end, by: Int(seedsPerLine)) {
        let seeds = start..<min(end, start + seedsPerLine)
        if let fault = proof.fault(ofSeeds: seeds, damageCount: Int(inputsPerSeed) - 1) {
          throw Failure(fault)
        }
        let done = (seeds.upperBound - seed) * inputsPerSeed
        FileHandle.standardError.write(Data("\(done) inputs without fault so far\n".utf8))
      }
      print("\((end - seed) * inputsPerSeed) inputs without fault, seeds from \(seed)")
    }

    private static func replay(_ paths: ArraySlice<String>, _ type: any FuzzProof.Type) throws {
      var proof = type.init()
      for path in paths {
        let input = try Data(contentsOf: URL(filePath: path))
        if let fault = input.withUnsafeBytes({ proof.fault(in: $0) }) { throw Failure("\(path): \(fault)") }
      }
      print("\(paths.count) inputs without fault")
    }
  }
#endif
