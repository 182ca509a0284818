#if !FUZZER
  import Foundation
  import ScannerProof

  extension ScannerFuzz {
    struct Failure: Error, CustomStringConvertible {
      let description: String
      init(_ description: String) { self.description = description }
    }

    /// Writes the requests of seeds 0 to `count`, for the fuzzer to start from.
    static func writeSeeds(into folder: String, count: Int) throws {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for seed in 0..<UInt64(count) {
        var generator = RequestGenerator(seed: seed)
        try Data(generator.request()).write(to: URL(filePath: folder).appending(path: "seed-\(seed)"))
      }
    }

    /// Judges `count` damaged requests, 64 of each seed, and prints the dose.
    static func tryRandom(count: UInt64, seed: UInt64) throws {
      var proof = ScannerProof()
      for round in 0..<count / 64 {
        var generator = RequestGenerator(seed: seed + round)
        var mutator = RequestMutator(seed: seed + round)
        let request = generator.request()
        for _ in 0..<64 {
          guard let difference = proof.difference(over: mutator.mutate(request)) else { continue }
          throw Failure("seed \(seed + round): \(difference)")
        }
      }
      print("judged \(count / 64 * 64) requests alike, seeds from \(seed)")
    }

    static func replay(_ paths: ArraySlice<String>) throws {
      var proof = ScannerProof()
      for path in paths {
        let request = [UInt8](try Data(contentsOf: URL(filePath: path)))
        if let difference = proof.difference(over: request) { throw Failure("\(path): \(difference)") }
      }
      print("judged \(paths.count) requests alike")
    }
  }
#endif
