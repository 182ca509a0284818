import SpanEngine
import SpanTestKit
import Testing

/// Random operations on a store and on a dictionary, the same ones under different options.
struct ModelTests {
  private static let histories: [UInt64] = Array(1...240)
  private static let operationCount = 1400
  /// Each history is played so often: once with one lane throughout; options are drawn at each opening.
  private static let optionsSeeds: [UInt64] = [1, 2, 3]

  @Test(arguments: histories)
  func `a store answers as a dictionary does, and the same whatever its options`(seed: UInt64) throws {
    var answers: [[Set<GeneratedSpan>]] = []
    var count = 0
    for optionsSeed in Self.optionsSeeds {
      let run = try ModelRun(
        seed: seed, optionsSeed: seed * 100 + optionsSeed, lanesMax: optionsSeed == 1 ? 1 : 4)
      var history = ModelHistory(seed: seed)
      for _ in 0..<Self.operationCount / Dose.share { try run.play(history.next()) }
      try run.finish()
      count += run.operationCount
      answers.append(run.answers)
    }
    let first = answers[0].prefix(answers[1].count)
    #expect(answers.allSatisfy { $0.prefix(first.count) == first }, "history \(seed)")
    print("model operations: \(count) of history \(seed)")
  }
}
