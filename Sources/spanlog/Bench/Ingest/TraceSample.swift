import SpanModel

/// A sample of the traces of acked requests, each request as likely in it as any other (reservoir sampling).
struct TraceSample: Sendable {
  /// As many traces of one request, so that a short run samples enough.
  private static let perRequestMax = 8

  private let countMax: Int
  private(set) var traceIDs: [TraceID] = []
  private var offeredCount = 0
  private var random: SplitMix

  init(countMax: Int, seed: UInt64) {
    self.countMax = countMax
    random = SplitMix(state: ~seed)
  }

  mutating func add(_ request: LoadRequest) {
    guard countMax > 0 else { return }
    for _ in 0..<min(Self.perRequestMax, request.spanCount) {
      offeredCount += 1
      let place =
        traceIDs.count < countMax ? traceIDs.count : Int.random(in: 0..<offeredCount, using: &random)
      guard place < countMax else { continue }
      let traceID = request.traceID(ofSpan: Int.random(in: 0..<request.spanCount, using: &random))
      if place == traceIDs.count { traceIDs.append(traceID) } else { traceIDs[place] = traceID }
    }
  }

  /// Each keeps its share.
  mutating func add(_ other: TraceSample) {
    let all = offeredCount + other.offeredCount
    guard all > 0 else { return }
    var ids = (traceIDs + other.traceIDs).shuffled(using: &random)
    if ids.count > countMax {
      let own = Int((Double(countMax) * Double(offeredCount) / Double(all)).rounded())
      let others = other.traceIDs.shuffled(using: &random)
      ids = Array(traceIDs.shuffled(using: &random).prefix(own) + others.prefix(countMax - own))
    }
    traceIDs = ids
    offeredCount = all
  }

  /// The ids, each once, a line for each.
  var lines: [UInt8] { Set(traceIDs).sorted().flatMap { Array("\($0)\n".utf8) } }
}
