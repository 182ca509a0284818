import SpanModel
import SpanQuery
import SpanTestKit
import Testing

/// swift-protobuf and plain comparisons as the judge: see `NaiveSpan`.
struct PredicateAgreementTests {
  @Test(arguments: 0..<16 as Range<UInt64>)
  func `random predicates are true of the spans they are true of when swift-protobuf reads them`(
    group: UInt64
  ) throws {
    var (trueCount, falseCount) = (0, 0)
    for seed in group * 250..<(group + 1) * 250 {
      var random = RandomPredicates(seed: seed)
      let predicates = (0..<8).map { _ in random.predicate() }
      for _ in 0..<8 {
        let sample = try random.sample()
        let naive = try #require(NaiveSpan(sample))
        for predicate in predicates {
          let isTrue = naive.satisfies(predicate)
          #expect(sample.matches(predicate) == isTrue, "seed \(seed): \(predicate)")
          if isTrue { trueCount += 1 } else { falseCount += 1 }
        }
      }
    }
    #expect(trueCount > 4000 && falseCount > 4000)
  }

  @Test(arguments: 0..<16 as Range<UInt64>)
  func `damaged spans are judged as swift-protobuf reads them, and never trap`(group: UInt64) throws {
    var (readableCount, refusedCount) = (0, 0)
    for seed in group * 100..<(group + 1) * 100 {
      var random = RandomPredicates(seed: seed)
      var mutator = ByteMutator(seed: seed)
      let predicates = (0..<4).map { _ in random.predicate() }
      let whole = try random.sample()
      for round in 0..<50 {
        var sample = whole
        // One message at a time, or swift-protobuf would refuse nearly all.
        switch round % 4 {
        case 0: sample.resource = mutator.mutate(whole.resource)
        case 1: sample.scope = mutator.mutate(whole.scope)
        default: sample.span = mutator.mutate(whole.span)
        }
        let naive = NaiveSpan(sample)
        if naive == nil { refusedCount += 1 } else { readableCount += 1 }
        for predicate in predicates {
          let isTrue = sample.matches(predicate)
          #expect(naive?.satisfies(predicate) ?? isTrue == isTrue, "seed \(seed): \(predicate)")
        }
      }
    }
    #expect(readableCount > 200 && refusedCount > 200)
  }

  @Test func `what the id decides every span of the trace confirms`() throws {
    var decidedCount = 0
    for seed in 0..<4000 as Range<UInt64> {
      var random = RandomPredicates(seed: seed)
      let predicate = random.predicate()
      let sample = try random.sample()
      guard let decision = predicate.isDecided(by: try #require(NaiveSpan(sample)).traceID) else { continue }
      decidedCount += 1
      #expect(sample.matches(predicate) == decision, "seed \(seed): \(predicate)")
    }
    #expect(decidedCount > 500)
  }
}
