import SpanModel
import Synchronization

/// Which traces a load reads, one after the other, shared by all who read.
final class ReadPlan: Sendable {
  struct Step {
    let traceID: TraceID
    /// Whether the store should have it.
    let isPresent: Bool
    /// Whether it belongs to the first round, whose results are hashed: it is the same in every run.
    let isFirstRound: Bool
  }

  private let traceIDs: [TraceID]
  private let absentShare: Double
  private let seed: UInt64
  private let isOneRound: Bool
  private let end: ContinuousClock.Instant
  private let clock = ContinuousClock()
  private let number = Atomic<Int>(0)

  /// - Parameters:
  ///   - traceIDs: at least one, in the order of reading.
  ///   - absentShare: the share of reads of ids that no store has.
  ///   - isOneRound: reads each once and no more.
  init(
    _ traceIDs: [TraceID], absentShare: Double, seed: UInt64, isOneRound: Bool,
    until end: ContinuousClock.Instant
  ) {
    precondition(!traceIDs.isEmpty, "nothing to read")
    (self.traceIDs, self.absentShare, self.seed) = (traceIDs, absentShare, seed)
    (self.isOneRound, self.end) = (isOneRound, end)
  }

  /// The next read; `nil` at the end.
  func next() -> Step? {
    let number = number.add(1, ordering: .relaxed).oldValue
    let isFirstRound = number < traceIDs.count
    // Each at least once: so that the result can be compared.
    guard isFirstRound || !isOneRound && clock.now < end else { return nil }
    var random = SplitMix(state: seed &+ UInt64(number) &* 0xd134_2543_de82_ef95)
    if absentShare > 0, Double.random(in: 0..<1, using: &random) < absentShare {
      let traceID = TraceID(high: random.next(), low: random.next())
      return Step(traceID: traceID, isPresent: false, isFirstRound: isFirstRound)
    }
    return Step(traceID: traceIDs[number % traceIDs.count], isPresent: true, isFirstRound: isFirstRound)
  }
}
