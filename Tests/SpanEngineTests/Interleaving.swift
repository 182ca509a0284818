import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import Testing

/// A store whose committers, upkeep and readers take their steps in an order that the test decides.
///
/// Every reader is held to this: what was acked before it began is in its answer, unless retention took it
/// meanwhile; and what is in its answer would survive a loss of power right then.
final class Interleaving {
  /// One step of one actor.
  enum Step {
    case write(request: Int, lane: Int)
    /// Of the trace that readers ask for.
    case writeDeletion(lane: Int)
    case sync(lane: Int)
    /// Publishes and acks.
    case publish(lane: Int)
    case prepareSpare(lane: Int)
    case writeIndexes
    case openReader(Int)
    case readChunk(Int)
    /// Reads the rest and checks the answer.
    case finishReader(Int)
  }

  /// What a run begins with.
  struct Start {
    let disk: SimulatedDisk
    var options = CrashWorkload.options
    /// Those on the disk, all acked, and those that the steps append.
    let stored: [GeneratedRequest]
    let requests: [GeneratedRequest]
    /// The trace that readers ask for; every request has spans of it.
    let traceID: TraceID
  }

  private struct Reader {
    let reader: TraceReader
    let ackedBefore: Set<GeneratedSpan>
    /// By deletions that were acked before.
    let hiddenBefore: Set<GeneratedSpan>
    var found: [GeneratedSpan] = []
  }

  private let start: Start
  private let platform: SimulatedPlatform
  private let stepped: SteppedStore
  private var written: [Int: [Int]] = [:]
  private var acked: Set<GeneratedSpan>
  /// What deletions hide that were written, by the lane, and that were acked.
  private var hiding: [Int: Set<GeneratedSpan>] = [:]
  private var hidden: Set<GeneratedSpan> = []
  private var readers: [Int: Reader] = [:]
  private let name: String

  init(_ start: Start, name: String) throws {
    self.start = start
    self.name = name
    platform = SimulatedPlatform(start.disk, seed: 77)
    stepped = try SteppedStore(start.options, platform: platform)
    acked = Set(start.stored.flatMap(\.spans).filter { $0.traceID == start.traceID })
  }

  func take(_ step: Step) throws {
    switch step {
    case .write(let number, let lane):
      let append = try stepped.prepare(RequestBuffer(start.requests[number].bytes))
      #expect(try stepped.write([append], lane: lane) == 1)
      written[lane, default: []].append(number)
    case .writeDeletion(let lane):
      try stepped.write(stepped.store.prepareDeletion(of: start.traceID), lane: lane)
      // Whatever has its sequence by now, in any lane.
      hiding[lane] = acked.union(inFlight)
    case .sync(let lane): try stepped.sync(lane: lane)
    case .publish(let lane):
      stepped.publish(lane: lane)
      hidden.formUnion(hiding.removeValue(forKey: lane) ?? [])
      for number in written[lane] ?? [] {
        acked.formUnion(start.requests[number].spans.filter { $0.traceID == start.traceID })
      }
      written[lane] = []
    case .prepareSpare(let lane): try stepped.prepareSpare(lane: lane)
    case .writeIndexes: stepped.writeIndexes()
    case .openReader(let number):
      readers[number] = Reader(
        reader: TraceReader(store: stepped.store, traceID: start.traceID, chunkByteCount: 1),
        ackedBefore: acked.subtracting(hidden), hiddenBefore: hidden)
    case .readChunk(let number):
      if let chunk = try readers[number]?.reader.nextChunk() {
        readers[number]?.found += try decodeAnswer(chunk.bytes)
      }
    case .finishReader(let number): try finish(number)
    }
  }

  private func finish(_ number: Int) throws {
    guard var reader = readers[number] else { return }
    while let chunk = try reader.reader.nextChunk() { reader.found += try decodeAnswer(chunk.bytes) }
    let found = Set(reader.found)
    #expect(found.count == reader.found.count, "a span came twice: \(name)")
    #expect(found.isSubset(of: acked.union(inFlight)), "a span that nobody sent: \(name)")
    #expect(found.isDisjoint(with: reader.hiddenBefore), "deleted, and read: \(name)")
    let missing = reader.ackedBefore.subtracting(found)
    if !missing.isEmpty {
      // Only whole files that retention took out: those are gone for whoever asks now, too.
      let now = Set(try stepped.store.spans(of: start.traceID))
      let isRetired = stepped.store.statistics().retiredSegmentCount > 0
      #expect(isRetired && missing.isDisjoint(with: now), "acked, not read: \(name)")
      #expect(!now.isEmpty || !hidden.isEmpty, "the newest segment was retired: \(name)")
    }
    try checkSurvival(of: found)
  }

  /// Those that were written and not acked.
  private var inFlight: Set<GeneratedSpan> {
    Set(written.values.joined().flatMap { start.requests[$0].spans }.filter { $0.traceID == start.traceID })
  }

  private func checkSurvival(of found: Set<GeneratedSpan>) throws {
    let disk = platform.image.afterPowerLoss
    let store = try Store.openReadOnly(
      directory: CrashWorkload.directory, platform: SimulatedPlatform(disk))
    let survivors = Set(try store.spans(of: start.traceID))
    let gone = found.subtracting(Set(try stepped.store.spans(of: start.traceID)))
      .union(hiding.values.joined())
    #expect(found.subtracting(survivors).isSubset(of: gone), "read, and then lost with the power: \(name)")
    #expect(survivors.isDisjoint(with: hidden), "deleted, and there again without power: \(name)")
  }
}
