import SpanEngine
import SpanModel
import SpanTestKit
import Testing

/// Enumerates every order in which committers, upkeep and readers can take their steps.
struct InterleavingTests {
  typealias Step = Interleaving.Step

  private static func commit(_ request: Int, lane: Int = 0) -> [Step] {
    [.write(request: request, lane: lane), .sync(lane: lane), .publish(lane: lane)]
  }

  private static func delete(lane: Int = 0) -> [Step] {
    [.writeDeletion(lane: lane), .sync(lane: lane), .publish(lane: lane)]
  }

  private static func read(_ number: Int = 0) -> [Step] {
    [.openReader(number), .readChunk(number), .finishReader(number)]
  }

  struct Script: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var laneCount = 1
    var isRetaining = false
    /// Of the text of each span.
    var textByteCount = 30
    let actors: [[Step]]
  }

  static let scripts = [
    Script(
      testDescription: "two commits, a reader, upkeep",
      actors: [commit(0) + commit(1), read(), [.prepareSpare(lane: 0), .writeIndexes]]),
    Script(
      testDescription: "two lanes, two readers", laneCount: 2,
      actors: [
        commit(0), commit(1, lane: 1), [.openReader(0), .finishReader(0)],
        [.openReader(1), .finishReader(1)],
      ]),
    Script(
      testDescription: "commits that roll, a reader, upkeep", textByteCount: 5500,
      actors: [commit(0) + commit(1), read(), [.prepareSpare(lane: 0), .writeIndexes]]),
    Script(
      testDescription: "commits that roll, a reader, upkeep that retires what is read", isRetaining: true,
      textByteCount: 5500,
      actors: [commit(0) + commit(1), read(), [.prepareSpare(lane: 0), .writeIndexes]]),
    Script(
      testDescription: "two lanes that roll and retire, a reader", laneCount: 2, isRetaining: true,
      textByteCount: 5500, actors: [commit(0), commit(1, lane: 1), read(), [.prepareSpare(lane: 1)]]),
    Script(
      testDescription: "larger than a file, beside a lane that writes", laneCount: 2, textByteCount: 12_000,
      actors: [commit(0), commit(1, lane: 1), read(), [.writeIndexes]]),
    Script(
      testDescription: "a deletion between commits, two readers",
      actors: [commit(0) + delete() + commit(1), [.openReader(0), .finishReader(0)], read(1)]),
    Script(
      testDescription: "a deletion beside a lane that writes, a reader", laneCount: 2,
      actors: [delete(), commit(0, lane: 1) + commit(1, lane: 1), [.openReader(0), .finishReader(0)]]),
    Script(
      testDescription: "deletions of two lanes, a commit, a reader", laneCount: 3,
      actors: [delete(), delete(lane: 1), commit(0, lane: 2), [.openReader(0), .finishReader(0)]]),
    Script(
      testDescription: "a deletion beside a lane that rolls and retires, a reader", laneCount: 2,
      isRetaining: true, textByteCount: 5500,
      actors: [delete(), commit(0, lane: 1), read(), [.prepareSpare(lane: 0), .writeIndexes]]),
  ]

  @Test(arguments: scripts)
  func `in every order, what is acked is read, and what is read survives`(script: Script) throws {
    let start = try start(of: script)
    var count = 0
    try forEachOrder(of: script.actors.map(\.count)) { order in
      defer { count += 1 }
      guard count % Dose.share == 0 else { return }
      let run = try Interleaving(start, name: "\(script.testDescription): \(order)")
      var next = [Int](repeating: 0, count: script.actors.count)
      for actor in order {
        try run.take(script.actors[actor][next[actor]])
        next[actor] += 1
      }
    }
    // The readers' answers were held against acks and a loss of power as they came, by `Interleaving`.
    #expect(count > 1000)
    print("interleavings: \(count) of \(script.testDescription)")
  }

  /// A store with a few full segments.
  private func start(of script: Script) throws -> Interleaving.Start {
    let traceID = TraceID(high: 3, low: 9)
    var shape = RequestGenerator.Shape()
    shape.traceIDs = [traceID, TraceID(high: 3, low: 10)]
    shape.resources = 1...1
    shape.scopes = 1...1
    shape.spans = 6...6
    var options = CrashWorkload.options
    options.laneCount = script.laneCount
    if script.isRetaining {
      options.retainByteCount = UInt64(4 * script.laneCount * options.segmentByteCount)
    }
    let platform = SimulatedPlatform(seed: 4)
    let stepped = try SteppedStore(options, platform: platform)
    shape.textByteCount = 5500...5500
    var generator = RequestGenerator(seed: 15, shape: shape)
    let stored = (0..<2 * script.laneCount + 1).map { _ in generator.request() }
    for (number, request) in stored.enumerated() {
      let append = try stepped.prepare(RequestBuffer(request.bytes))
      _ = try stepped.commit([append], lane: number % script.laneCount)
    }
    try stepped.close()
    generator.shape.textByteCount = script.textByteCount...script.textByteCount
    return Interleaving.Start(
      disk: platform.image, options: options, stored: stored,
      requests: (0..<2).map { _ in generator.request() }, traceID: traceID)
  }

  /// Calls `body` with each sequence of actor numbers in which each comes as often as it has steps.
  private func forEachOrder(of stepCounts: [Int], _ body: ([Int]) throws -> Void) rethrows {
    func extend(_ order: [Int], _ left: [Int]) throws {
      if left.allSatisfy({ $0 == 0 }) { return try body(order) }
      for actor in left.indices where left[actor] > 0 {
        var rest = left
        rest[actor] -= 1
        try extend(order + [actor], rest)
      }
    }
    try extend([], stepCounts)
  }
}
