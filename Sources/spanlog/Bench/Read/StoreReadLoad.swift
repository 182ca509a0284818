import SpanEngine
import SpanModel
import SpanQuery

/// Reads traces of a directory that this process opens; changes nothing in it.
struct StoreReadLoad: Sendable {
  /// As many are sampled.
  static let sampleCountMax = 10_000
  /// As many ids are looked at: they come in the order of a hash, so of a larger store they are a sample.
  private static let scannedCountMax = 1_000_000

  private let store: Store

  init(directory: String) throws { store = try Store.openReadOnly(directory: directory) }

  func close() { store.close() }

  /// Some of the ids in a directory, each as likely as any other (reservoir sampling).
  static func sample(of directory: String, seed: UInt64) throws -> [TraceID] {
    let store = try Store.openReadOnly(directory: directory)
    defer { store.close() }
    let reader = TraceIDReader(store: store)
    var random = SplitMix(state: seed)
    var sample: [TraceID] = []
    var count = 0
    while count < scannedCountMax, let traceID = try reader.next() {
      count += 1
      if sample.count < sampleCountMax {
        sample.append(traceID)
      } else if case let place = Int.random(in: 0..<count, using: &random), place < sample.count {
        sample[place] = traceID
      }
    }
    return sample
  }

  /// Reads until the plan ends, on so many threads. Blocks.
  func run(_ plan: ReadPlan, threadCount: Int) throws -> ReadLoadResult {
    let results = try LoadThreads.run(threadCount) { _ in
      var result = ReadLoadResult()
      let clock = ContinuousClock()
      while let step = plan.next() {
        let start = clock.now
        let reader = TraceReader(store: store, traceID: step.traceID)
        var chunks: [[UInt8]] = []
        while let chunk = try reader.nextChunk() { chunks.append(chunk.bytes) }
        try result.add(step, chunks, nanoseconds: UInt64((clock.now - start) / .nanoseconds(1)))
      }
      return result
    }
    return results.reduce(into: ReadLoadResult()) { $0.add($1) }
  }
}
