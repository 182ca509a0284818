import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import SpanWire
import Testing

/// Plays a history to a store and to a dictionary.
final class ModelRun {
  private var platform: SimulatedPlatform
  private var options: StoreOptions
  private var optionsRandom: SeededRandom
  private var stepped: SteppedStore
  private var scratch = AppendScratch()
  /// Of one tenant.
  private struct Trace: Hashable {
    let tenant: UInt32
    let id: TraceID
  }

  /// Spans of each trace, equal ones once.
  private var model: [Trace: [GeneratedSpan]] = [:]
  /// Of each tenant.
  private var known: [UInt32: Set<GeneratedSpan>] = [:]
  private let name: String
  /// What every read answered, order left aside: the same whatever the options.
  private(set) var answers: [Set<GeneratedSpan>] = []
  private(set) var operationCount = 0

  init(seed: UInt64, optionsSeed: UInt64, lanesMax: Int) throws {
    name = "history \(seed) with options \(optionsSeed)"
    optionsRandom = SeededRandom(seed: optionsSeed)
    self.lanesMax = lanesMax
    options = Self.options(&optionsRandom, lanesMax: lanesMax)
    platform = SimulatedPlatform(seed: optionsSeed)
    stepped = try SteppedStore(options, platform: platform)
  }

  private let lanesMax: Int

  private static func options(_ random: inout SeededRandom, lanesMax: Int) -> StoreOptions {
    var options = CrashWorkload.options
    options.laneCount = Int.random(in: 1...lanesMax, using: &random)
    options.segmentByteCount = [64, 96, 256, 1024].randomElement(using: &random)! << 10
    options.indexCacheByteCount = [1, 32 << 10, 1 << 20].randomElement(using: &random)!
    options.frameByteCountMax = [4096, 40_000, 8 << 20].randomElement(using: &random)!
    return options
  }

  func play(_ operation: ModelHistory.Operation) throws {
    operationCount += 1
    switch operation {
    case .append(let requests, let owner, let lane):
      try append(requests, of: owner, lane: lane % options.laneCount)
    case .delete(let traceID, let tenant, let lane):
      try stepped.delete(traceID, tenant: tenant, lane: lane % options.laneCount)
      // A retry that comes later is there again.
      let gone = model.removeValue(forKey: Trace(tenant: tenant, id: traceID)) ?? []
      known[tenant]?.subtract(gone)
    case .witness: for lane in 0..<options.laneCount { try stepped.writeWitness(lane: lane) }
    case .prepareSpare: for lane in 0..<options.laneCount { try stepped.prepareSpare(lane: lane) }
    case .writeIndexes: stepped.writeIndexes()
    case .seal(let all): while try stepped.sealNext(), all {}
    case .compact(let first, let count): try compact(from: first, count: count)
    case .reopen(let closes):
      if closes { try stepped.close() }
      try reopen(platform.image)
    case .crash(let seed): try reopen(crashed(seed: seed))
    case .read(let traceID, let tenant, let skip, let limit):
      try read(Trace(tenant: tenant, id: traceID), skip: skip, limit: limit)
    case .readAllIDs(let tenant):
      let found = try stepped.store.traceIDs(tenant: tenant)
      let expected = Set(model.keys.filter { $0.tenant == tenant }.map(\.id))
      #expect(found.count == expected.count && Set(found) == expected, "\(name)")
    }
  }

  private func append(_ requests: [GeneratedRequest], of owner: RecordOwner, lane: Int) throws {
    let appends = try requests.map { try stepped.prepare(RequestBuffer($0.bytes), of: owner) }
    var done = 0
    while done < appends.count { done += try stepped.commit(appends[done...], lane: lane) }
    for span in requests.flatMap(\.spans) where known[owner.tenant, default: []].insert(span).inserted {
      model[Trace(tenant: owner.tenant, id: span.traceID), default: []].append(span)
    }
  }

  private func compact(from first: Int, count: Int) throws {
    let sealed = stepped.store.segmentSnapshot().sealed
    let sealedCount = sealed.count
    guard sealedCount > 0 else { return }
    let start = first % sealedCount
    var rules = CompactionRules()
    rules.level = [3, 6, 9, 12].randomElement(using: &optionsRandom)!
    let numbers = start..<min(sealedCount, start + count)
    let tally = try stepped.compact(numbers, rules)
    let outputCount = tally?.keptSpanCount == 0 ? 0 : 1
    let inputCount = sealed[numbers].count { $0.footer.owner == sealed[start].footer.owner }
    let expected = sealedCount - inputCount + outputCount
    #expect(stepped.store.segmentSnapshot().sealed.count == expected, "\(name), operation \(operationCount)")
  }

  private func reopen(_ disk: SimulatedDisk) throws {
    options = Self.options(&optionsRandom, lanesMax: lanesMax)
    platform = SimulatedPlatform(disk, seed: optionsRandom.next())
    stepped = try SteppedStore(options, platform: platform)
    #expect(stepped.store.damages == [], "\(name)")
  }

  private func crashed(seed: UInt64) -> SimulatedDisk {
    var random = SeededRandom(seed: seed)
    return platform.image.afterCrash(
      sectorsKept: { _, _ in UInt8(truncatingIfNeeded: random.next()) },
      keepsByteCount: { _ in random.next() % 2 == 0 },
      keepsNameChange: { _ in random.next() % 2 == 0 })
  }

  private func read(_ trace: Trace, skip: UInt64, limit: UInt64) throws {
    let all = try spans(of: trace, skip: 0, limit: .max)
    let expected = model[trace] ?? []
    #expect(all.count == expected.count, "\(name), operation \(operationCount)")
    #expect(Set(all) == Set(expected), "\(name), operation \(operationCount)")
    answers.append(Set(all))
    guard skip > 0 || limit < .max else { return }
    // The order is the store's, and the same for every read.
    let wanted = all.dropFirst(Int(skip)).prefix(Int(limit))
    let found = try spans(of: trace, skip: skip, limit: limit)
    #expect(found == Array(wanted), "\(name), operation \(operationCount)")
  }

  private func spans(of trace: Trace, skip: UInt64, limit: UInt64) throws -> [GeneratedSpan] {
    let reader = TraceReader(
      store: stepped.store, traceID: trace.id, tenant: trace.tenant, skip: skip, limit: limit,
      chunkByteCount: 1 << Int.random(in: 0...20, using: &optionsRandom))
    var found: [GeneratedSpan] = []
    while let chunk = try reader.nextChunk() { found += try decodeAnswer(chunk.bytes) }
    return found
  }

  func finish() throws {
    stepped.checkInvariants()
    for trace in model.keys.sorted(by: { ($0.tenant, $0.id.low) < ($1.tenant, $1.id.low) }) {
      try read(trace, skip: 0, limit: .max)
    }
    try stepped.close()
    let verification = try StoreVerification.verify(directory: options.directory, platform: platform)
    #expect(verification.isWhole, "\(name): \(verification.damages)")
  }
}
