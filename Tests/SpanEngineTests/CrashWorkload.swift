import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import SystemPackage
import Testing

/// A disk right before one call, and what the store had promised by then.
struct CrashPoint {
  let call: Int
  let disk: SimulatedDisk
  let submitted: [GeneratedRequest]
  /// Numbers in `submitted` of the requests that were acked.
  let acked: Set<Int>
  /// Those of them that retention had taken out when the step was over that this is in.
  var retired: Set<Int> = []
  let deletions: [Deletion]
  let owners: OwnersByTurns

  /// A trace that was deleted, or was about to be.
  struct Deletion {
    let traceID: TraceID
    let tenant: UInt32
    /// How many requests had been acked.
    let requestCount: Int
    var isAcked = false

    func hides(_ span: GeneratedSpan, ofRequest number: Int, _ owners: OwnersByTurns) -> Bool {
      number < requestCount && span.traceID == traceID && owners[number].tenant == tenant
    }
  }
}

/// Whose each request of a script is: so many owners by turns, two partitions of each tenant.
struct OwnersByTurns: Sendable {
  var count: UInt32 = 1

  subscript(request: Int) -> RecordOwner {
    let owner = UInt32(request) % count
    return RecordOwner(tenant: owner / 2, partition: owner % 2)
  }

  var tenants: Range<UInt32> { 0..<(count + 1) / 2 }
}

/// A script of steps, run once while every call is recorded.
struct CrashWorkload: Sendable, CustomTestStringConvertible {
  enum Step: Sendable {
    /// So many requests in one commit (or several, when they do not fit a frame).
    case append(Int, lane: Int = 0)
    /// One request whose spans' names are so long together.
    case appendLarge(byteCount: Int, lane: Int = 0)
    /// One request with a span in each of so many traces.
    case appendWide(traces: Int)
    /// Deletes the trace of the first span of a request, counted from the last one.
    case delete(back: Int = 0, lane: Int = 0)
    case prepareSpare
    /// What the upkeep of full segments does.
    case writeIndexes
    /// Rewrites the oldest full segment as a sealed one.
    case seal
    /// The same, until the set file is there and so many changes after it are done: all further ones fail.
    case sealUntil(changesAfterSet: Int)
    /// Merges the newest so many sealed segments, as far as they are of the oldest one's owner.
    case compact(Int)
    /// What the background would do, until there is nothing to do.
    case compactAll
    case witness
    /// So much time passes; then every lane whose segment is as old as it may be rolls.
    case pass(Duration)
    /// Retires what is too old.
    case retireOld
    /// What the interval does.
    case sync
    case close
    case reopen
    /// As `reopen`, without closing before, with so many lanes.
    case kill(lanes: Int = 1)
  }

  let name: String
  let seed: UInt64
  var durability = Durability.sync
  var transferByteCountMax = Int.max
  var laneCount = 1
  var owners = OwnersByTurns()
  var retainByteCount: UInt64?
  var rollAge: Duration?
  var retainAge: Duration?
  let steps: [Step]

  var testDescription: String { name }

  static let directory = "data"

  static var options: StoreOptions {
    var options = StoreOptions(directory: directory)
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    options.indexCacheByteCount = 64 << 10
    return options
  }

  /// Of a request that fits a file of ordinary size: the header page, two frames, the reserve for tombstones
  /// and the headers of frame and record are left out, and what stands behind its body.
  fileprivate static let ordinaryByteCountMax = options.segmentByteCount - 4 * 4096 - 2048

  private var options: StoreOptions {
    var options = Self.options
    options.durability = durability
    options.retainByteCount = retainByteCount
    options.rollAge = rollAge
    options.retainAge = retainAge
    options.laneCount = laneCount
    return options
  }

  static let all = [
    CrashWorkload(name: "first requests", seed: 1, steps: [.append(1), .append(3), .append(2)]),
    CrashWorkload(
      name: "idle between", seed: 2, steps: [.append(2), .witness, .append(1), .witness, .append(4)]),
    CrashWorkload(
      name: "roll", seed: 3,
      steps: [
        .appendLarge(byteCount: 30_000), .prepareSpare, .appendLarge(byteCount: 30_000), .append(2),
        .append(1),
      ]),
    CrashWorkload(
      name: "roll without a spare", seed: 4,
      steps: [.appendLarge(byteCount: 20_000), .appendLarge(byteCount: 40_000), .append(2)]),
    CrashWorkload(
      name: "larger than a file", seed: 5,
      steps: [.append(1), .appendLarge(byteCount: 70_000), .append(1), .appendLarge(byteCount: 90_000)]),
    CrashWorkload(
      name: "closed and opened", seed: 6, steps: [.append(2), .close, .reopen, .append(2), .witness, .close]),
    CrashWorkload(
      name: "killed and recovered", seed: 7,
      steps: [.append(2), .kill(), .append(1), .kill(), .kill(), .append(3), .witness, .kill(), .append(1)]),
    CrashWorkload(name: "a large commit", seed: 8, steps: [.append(24), .append(12)]),
    CrashWorkload(
      name: "an index that is full", seed: 9,
      steps: [
        .appendWide(traces: 60), .appendWide(traces: 60), .prepareSpare, .appendWide(traces: 120), .append(1),
      ]),
    CrashWorkload(
      name: "synced at intervals", seed: 10, durability: .interval(.seconds(1)),
      steps: [
        .append(2), .append(1), .sync, .append(2), .appendLarge(byteCount: 70_000), .append(1), .witness,
        .append(1),
      ]),
    CrashWorkload(
      name: "synced by the system", seed: 11, durability: .operatingSystem,
      steps: [
        .append(2), .appendLarge(byteCount: 40_000), .appendLarge(byteCount: 30_000), .append(1), .close,
      ]),
    CrashWorkload(
      name: "short reads and writes", seed: 12, transferByteCountMax: 5000,
      steps: [
        .append(3), .appendLarge(byteCount: 40_000), .kill(), .append(2), .appendLarge(byteCount: 70_000),
      ]),
    CrashWorkload(
      name: "never used", seed: 13, steps: [.close, .reopen, .prepareSpare, .close, .reopen, .append(1)]),
    CrashWorkload(
      name: "indexes of full segments", seed: 14,
      steps: [
        .appendLarge(byteCount: 40_000), .prepareSpare, .appendLarge(byteCount: 40_000), .writeIndexes,
        .append(2), .kill(), .append(1), .writeIndexes, .close, .reopen, .append(1),
      ]),
    CrashWorkload(
      name: "retired and used again", seed: 15, retainByteCount: 4 * 65_536,
      steps: (0..<7).flatMap { number -> [Step] in
        [.appendLarge(byteCount: 40_000), .append(1), .prepareSpare]
          + (number % 2 == 0 ? [.writeIndexes] : [])
      } + [
        .kill(), .append(2), .appendLarge(byteCount: 40_000), .prepareSpare, .append(1), .kill(), .append(1),
      ]),
    CrashWorkload(
      name: "retired without a spare", seed: 16, retainByteCount: 4 * 65_536,
      steps: (0..<6).flatMap { _ -> [Step] in [.appendLarge(byteCount: 40_000), .append(1)] } + [
        .appendLarge(byteCount: 70_000), .writeIndexes, .appendLarge(byteCount: 40_000), .close, .reopen,
        .appendLarge(byteCount: 40_000), .appendLarge(byteCount: 40_000),
      ]),
    CrashWorkload(
      name: "two lanes", seed: 17, laneCount: 2,
      steps: [
        .append(2), .append(1, lane: 1), .append(1), .witness, .append(2, lane: 1),
        .appendLarge(byteCount: 40_000, lane: 1), .append(1), .appendLarge(byteCount: 40_000, lane: 1),
      ]),
    CrashWorkload(
      name: "another number of lanes", seed: 18, laneCount: 3,
      steps: [
        .append(1), .append(1, lane: 1), .append(1, lane: 2), .kill(lanes: 1), .append(1), .kill(lanes: 2),
        .append(1, lane: 1), .append(1), .kill(lanes: 3), .append(2, lane: 2), .close, .reopen, .append(1),
      ]),
    CrashWorkload(
      name: "two lanes that retire", seed: 19, laneCount: 2, retainByteCount: 8 * 65_536,
      steps: (0..<11).flatMap { number -> [Step] in
        [.appendLarge(byteCount: 40_000, lane: number % 3 == 0 ? 1 : 0)]
          + (number % 2 == 0 ? [.prepareSpare] : []) + (number % 4 == 3 ? [.writeIndexes] : [])
      }),
    CrashWorkload(
      name: "sealed", seed: 20,
      steps: [
        .append(2), .appendLarge(byteCount: 40_000), .appendLarge(byteCount: 40_000), .append(1), .seal,
        .append(2),
        .kill(), .append(1), .seal, .close, .reopen, .append(1), .seal,
      ]),
    CrashWorkload(
      name: "sealed and used again", seed: 21, retainByteCount: 5 * 65_536,
      steps: (0..<6).flatMap { number -> [Step] in
        [.appendLarge(byteCount: 40_000), .append(1), .prepareSpare]
          + (number % 3 == 0 ? [.writeIndexes] : []) + (number > 1 ? [.seal] : [])
      } + [
        .kill(), .seal, .append(1), .appendLarge(byteCount: 70_000), .append(1), .seal, .kill(), .append(1),
      ]),
    CrashWorkload(
      name: "sealed in two lanes", seed: 22, laneCount: 2,
      steps: [
        .append(2), .append(1, lane: 1), .appendLarge(byteCount: 40_000, lane: 1),
        .appendLarge(byteCount: 40_000),
        .appendLarge(byteCount: 40_000, lane: 1), .appendLarge(byteCount: 40_000), .seal, .append(1, lane: 1),
        .seal,
        .kill(lanes: 1), .append(1), .seal,
      ]),
    CrashWorkload(
      name: "deleted between", seed: 25,
      steps: [
        .append(3), .delete(), .append(2), .delete(back: 1), .witness, .append(1), .kill(), .delete(),
        .kill(),
        .append(2), .delete(back: 1), .close, .reopen, .append(1),
      ]),
    CrashWorkload(
      name: "deleted of full segments", seed: 26,
      steps: [
        .appendLarge(byteCount: 40_000), .append(1), .delete(back: 1), .prepareSpare,
        .appendLarge(byteCount: 40_000), .writeIndexes, .delete(back: 2), .kill(), .append(1), .delete(),
        .appendLarge(byteCount: 40_000), .appendLarge(byteCount: 70_000), .delete(), .kill(), .append(1),
      ]),
    CrashWorkload(
      name: "deleted while the system syncs", seed: 27, durability: .operatingSystem,
      steps: [.append(2), .delete(), .append(2), .close, .reopen, .append(1), .sync, .delete(back: 1)]),
    CrashWorkload(
      name: "two lanes that delete", seed: 28, laneCount: 2,
      steps: [
        .append(2), .append(1, lane: 1), .delete(lane: 1), .append(2, lane: 1), .delete(back: 1), .append(1),
        .kill(lanes: 1), .delete(back: 2), .kill(lanes: 2), .append(1, lane: 1), .delete(lane: 0),
      ]),
    CrashWorkload(
      name: "tombstones that outlive their files", seed: 29, laneCount: 2, retainByteCount: 8 * 65_536,
      steps: [.append(2, lane: 1), .append(1), .delete(back: 1), .delete(back: 2)]
        + (0..<11).flatMap { number -> [Step] in
          [.appendLarge(byteCount: 40_000), .delete(), .append(1)]
            + (number % 2 == 0 ? [.prepareSpare] : []) + (number % 4 == 3 ? [.writeIndexes] : [])
        } + [.kill(lanes: 2), .appendLarge(byteCount: 40_000, lane: 1), .append(1)]),
    CrashWorkload(
      name: "deleted and sealed", seed: 30, laneCount: 2,
      steps: [
        .append(2, lane: 1), .append(2), .delete(back: 2), .appendLarge(byteCount: 40_000), .delete(), .seal,
        .appendLarge(byteCount: 40_000), .append(1), .delete(back: 1), .seal, .kill(lanes: 2), .delete(),
        .seal,
        .append(1), .appendLarge(byteCount: 40_000), .seal, .seal, .kill(lanes: 1), .append(1),
        .delete(back: 3),
      ]),
    CrashWorkload(
      name: "compacted over two generations", seed: 23,
      steps: (0..<4).flatMap { _ -> [Step] in [.appendLarge(byteCount: 45_000), .append(1)] } + [
        .seal, .seal, .compact(2), .append(1), .seal, .compact(2), .kill(), .append(1), .seal, .compact(3),
        .compact(1), .close, .reopen, .append(1),
      ]),
    CrashWorkload(
      name: "deleted and compacted", seed: 31,
      steps: [.append(2), .delete(back: 1), .append(1)]
        + (0..<3).flatMap { _ -> [Step] in [.appendLarge(byteCount: 45_000), .append(1)] } + [
          .seal, .delete(back: 2), .seal, .compact(2), .append(1), .delete(), .kill(), .seal, .seal,
          .compact(9), .appendLarge(byteCount: 45_000), .append(1), .seal, .seal, .compact(9), .kill(),
          .append(1),
        ]),
    CrashWorkload(
      name: "rolled by age", seed: 32, laneCount: 2, rollAge: .seconds(60),
      steps: [
        .prepareSpare, .append(2), .append(1, lane: 1), .pass(.seconds(61)), .append(1), .prepareSpare, .seal,
        .pass(.seconds(30)), .append(1, lane: 1), .witness, .pass(.seconds(31)), .seal, .kill(lanes: 2),
        .append(1), .prepareSpare, .pass(.seconds(61)), .seal, .seal, .close, .reopen, .append(1),
      ]),
    CrashWorkload(
      name: "retired by age", seed: 33, retainAge: .seconds(3600),
      steps: (0..<6).flatMap { number -> [Step] in
        [.appendLarge(byteCount: 45_000), .append(1), .delete(back: 1), .pass(.seconds(1000))]
          + (number > 2 ? [.seal] : []) + (number % 2 == 0 ? [.prepareSpare] : []) + [.retireOld]
      } + [.kill(), .append(1), .writeIndexes, .pass(.seconds(3700)), .retireOld, .append(1)]),
    CrashWorkload(
      name: "rewritten for deletions", seed: 34, rollAge: .seconds(60),
      steps: (0..<3).flatMap { _ -> [Step] in
        [.appendLarge(byteCount: 45_000), .append(1), .prepareSpare, .seal]
      } + [
        .delete(back: 3), .compactAll, .delete(back: 1), .append(1), .prepareSpare, .compactAll, .delete(),
        .kill(), .prepareSpare, .compactAll, .seal, .delete(back: 5), .compactAll, .append(1),
        .pass(.seconds(61)), .prepareSpare, .seal, .compactAll, .kill(), .append(1), .delete(), .close,
        .reopen,
        .compactAll, .append(1),
      ]),
    CrashWorkload(
      name: "compacted and retired", seed: 24, retainByteCount: 4 * 65_536,
      steps: (0..<7).flatMap { number -> [Step] in
        [.appendLarge(byteCount: 45_000), .append(1), .prepareSpare] + (number > 0 ? [.seal] : [])
          + (number % 2 == 0 ? [.compact(2)] : [])
      } + [.kill(), .append(1), .compact(9), .append(1)]),
    CrashWorkload(
      name: "sealed for owners", seed: 35, owners: OwnersByTurns(count: 3),
      steps: [
        .append(4), .appendLarge(byteCount: 40_000), .appendLarge(byteCount: 40_000), .append(1), .seal,
        .append(2), .delete(back: 1), .kill(), .append(3), .seal, .close, .reopen, .append(1), .seal, .kill(),
      ]),
    CrashWorkload(
      name: "sealed for owners in two lanes, and used again", seed: 36, laneCount: 2,
      owners: OwnersByTurns(count: 4),
      steps: (0..<4).flatMap { number -> [Step] in
        [
          .append(3, lane: 1), .append(2), .appendLarge(byteCount: 40_000, lane: number % 2), .prepareSpare,
          .seal,
        ]
      } + [.delete(back: 2), .kill(lanes: 1), .seal, .writeIndexes, .append(2), .kill(lanes: 2), .seal]),
    CrashWorkload(
      name: "killed while owners part", seed: 38, owners: OwnersByTurns(count: 3),
      steps: [0, 1, 2, 4, 5, 6, 7].flatMap { count -> [Step] in
        [.append(3), .close, .reopen, .sealUntil(changesAfterSet: count), .kill()]
      } + [.append(1), .seal, .close, .reopen, .compactAll]),
    CrashWorkload(
      name: "owners retired by size", seed: 39, owners: OwnersByTurns(count: 3), retainByteCount: 5 * 65_536,
      steps: (0..<6).flatMap { number -> [Step] in
        [.append(3), .appendLarge(byteCount: 40_000), .prepareSpare] + (number > 1 ? [.seal] : [])
      } + [.kill(), .seal, .append(2), .appendLarge(byteCount: 40_000), .seal, .close, .reopen, .append(1)]),
    CrashWorkload(
      name: "owners compacted, and retired by age", seed: 37, owners: OwnersByTurns(count: 3),
      retainAge: .seconds(3600),
      steps: (0..<5).flatMap { _ -> [Step] in
        [.append(3), .appendLarge(byteCount: 45_000), .pass(.seconds(500)), .seal]
      } + [
        .compactAll, .delete(back: 3), .append(1), .kill(), .seal, .compact(4), .compactAll,
        .pass(.seconds(2500)), .retireOld, .append(1), .kill(), .compactAll, .append(1),
      ]),
  ]

  /// Runs the script and returns the disk before each call that changes it.
  func run() throws -> [CrashPoint] {
    let recorder = Recorder(owners)
    let platform = SimulatedPlatform(seed: seed, transferByteCountMax: transferByteCountMax)
    platform.observe { call, number, disk in
      guard call.isChange else { return nil }
      recorder.note(call: number, disk)
      return recorder.fails(disk) ? .ioError : nil
    }
    var options = options
    var generator = RequestGenerator(seed: seed)
    var stepped: SteppedStore? = try SteppedStore(options, platform: platform)
    for step in steps {
      switch step {
      case .append(let count, let lane):
        let requests = (0..<count).map { _ in generator.request() }
        try append(requests, to: stepped, lane: lane, recorder)
      case .appendLarge(let byteCount, let lane):
        try append([large(byteCount, &generator)], to: stepped, lane: lane, recorder)
      case .appendWide(let traceCount):
        try append([wide(traceCount, &generator)], to: stepped, lane: 0, recorder)
      case .delete(let back, let lane): try delete(back: back, from: stepped, lane: lane, recorder)
      case .prepareSpare: for lane in 0..<options.laneCount { try stepped?.prepareSpare(lane: lane) }
      case .writeIndexes: stepped?.writeIndexes()
      case .seal: _ = try stepped?.sealNext()
      case .sealUntil(let count):
        recorder.changesAfterSet = count
        #expect(throws: StoreError.self) { _ = try stepped?.sealNext() }
        recorder.changesAfterSet = nil
      case .compact(let count):
        let sealedCount = stepped?.store.segmentSnapshot().sealed.count ?? 0
        _ = try stepped?.compact(max(0, sealedCount - count)..<sealedCount)
      case .compactAll: while try stepped?.compactNext() != nil {}
      case .witness:
        for lane in 0..<options.laneCount { try stepped?.writeWitness(lane: lane) }
        recorder.ackAll()
      case .pass(let duration):
        platform.advanceClock(by: duration)
        for lane in 0..<options.laneCount { _ = try stepped?.rollIfDue(lane: lane) }
      case .retireOld: try stepped?.retireOld()
      case .sync:
        for lane in 0..<options.laneCount { try stepped?.syncWritten(lane: lane) }
        recorder.ackAll()
      case .close:
        try stepped?.close()
        recorder.ackAll()
      case .reopen, .kill:
        stepped = nil
        if case .kill(let lanes) = step { options.laneCount = lanes }
        stepped = try SteppedStore(options, platform: platform)
        recorder.noteOpened()
      }
      stepped?.checkInvariants()
      if let stepped { try recorder.noteRetired(stepped.store) }
      recorder.endStep()
    }
    recorder.note(call: platform.callCount + 1, platform.image)
    recorder.endStep()
    return recorder.points
  }

  private func delete(back: Int, from stepped: SteppedStore?, lane: Int, _ recorder: Recorder) throws {
    let traceID = recorder.submitted[recorder.submitted.count - 1 - back].spans[0].traceID
    let tenant = owners[recorder.submitted.count - 1 - back].tenant
    recorder.deletions.append(
      CrashPoint.Deletion(traceID: traceID, tenant: tenant, requestCount: recorder.submitted.count))
    try stepped?.delete(traceID, tenant: tenant, lane: lane)
    // On the disk in every mode.
    recorder.deletions[recorder.deletions.count - 1].isAcked = true
  }

  private func large(_ byteCount: Int, _ generator: inout RequestGenerator) -> GeneratedRequest {
    var shape = RequestGenerator.Shape()
    shape.textByteCount = byteCount / 8...byteCount / 8
    shape.resources = 1...1
    shape.scopes = 1...1
    shape.spans = 7...7
    var large = RequestGenerator(seed: generator.random.next(), shape: shape)
    return large.request()
  }

  private func wide(_ traceCount: Int, _ generator: inout RequestGenerator) -> GeneratedRequest {
    var wide = RequestGenerator(seed: generator.random.next())
    wide.shape.resources = 1...1
    wide.shape.scopes = 1...1
    wide.shape.spans = traceCount...traceCount
    wide.shape.textByteCount = 0...0
    wide.shape.traceIDs = (0..<500).map { _ in TraceID(high: 9, low: generator.random.next()) }
    return wide.request()
  }

  private func append(
    _ requests: [GeneratedRequest], to stepped: SteppedStore?, lane: Int, _ recorder: Recorder
  ) throws {
    guard let stepped else { return }
    let first = recorder.submitted.count
    let appends = try requests.enumerated().map { number, request in
      try stepped.prepare(RequestBuffer(request.bytes), of: owners[first + number])
    }
    recorder.submit(requests, lane: lane)
    var done = 0
    while done < appends.count {
      let count = try stepped.commit(appends[done...], lane: lane)
      // In the other modes an ack is not a promise that survives loss of power.
      if durability == .sync { recorder.acked.formUnion(first + done..<first + done + count) }
      done += count
    }
  }
}

/// What a running workload has seen so far.
private final class Recorder: @unchecked Sendable {
  // SAFETY: the workload runs on one thread.
  private let owners: OwnersByTurns
  private(set) var submitted: [GeneratedRequest] = []
  /// The lane of each; `nil` of those that fit no ordinary file.
  private var lanes: [Int?] = []
  var acked: Set<Int> = []
  var deletions: [CrashPoint.Deletion] = []
  private(set) var points: [CrashPoint] = []
  /// How many more changes may be done once there is a set file.
  var changesAfterSet: Int? { didSet { hasSet = hasSet && changesAfterSet != nil } }
  private var hasSet = false
  private var firstOfStep = 0
  private var retired: Set<Int> = []
  private var retiredSegmentCount: UInt64 = 0

  init(_ owners: OwnersByTurns) { self.owners = owners }

  func note(call: Int, _ disk: SimulatedDisk) {
    points.append(
      CrashPoint(
        call: call, disk: disk, submitted: submitted, acked: acked, deletions: deletions, owners: owners))
  }

  func fails(_ disk: SimulatedDisk) -> Bool {
    guard let left = changesAfterSet else { return false }
    hasSet = hasSet || disk.paths.contains { $0.hasSuffix(".set") }
    guard hasSet else { return false }
    changesAfterSet = left - 1
    return left <= 0
  }

  func ackAll() { acked = Set(submitted.indices) }

  func submit(_ requests: [GeneratedRequest], lane: Int) {
    submitted += requests
    lanes += requests.map { $0.bytes.count < CrashWorkload.ordinaryByteCountMax ? lane : nil }
  }

  /// The store counts from zero again.
  func noteOpened() { retiredSegmentCount = 0 }

  /// Notes which requests are there no more, and holds them against what retention may take: whole segments,
  /// as many as it says, the oldest of a lane first, and never the newest.
  func noteRetired(_ store: Store) throws {
    let missing = try submitted.indices.filter { number in
      let shown = submitted[number].spans.first { span in
        !deletions.contains { $0.hides(span, ofRequest: number, owners) }
      }
      guard !retired.contains(number), let span = shown else { return false }
      return try !store.spans(of: span.traceID, tenant: owners[number].tenant).contains(span)
    }
    let count = store.statistics().retiredSegmentCount
    #expect(missing.isEmpty || count > retiredSegmentCount, "requests are gone, and no segment was retired")
    retiredSegmentCount = count
    retired.formUnion(missing)
    for lane in Set(lanes) where lane != nil {
      let ofLane = lanes.indices.filter { lanes[$0] == lane }
      for owner in Set(ofLane.map { owners[$0] }) {
        let ofOwner = ofLane.filter { owners[$0] == owner }
        let kept = ofOwner.filter { !retired.contains($0) }
        #expect(kept == ofOwner.suffix(kept.count), "a segment was retired before an older one")
      }
      #expect(!retired.isSuperset(of: ofLane), "the newest segment was retired")
    }
  }

  /// During a step a file may have gone already that is known to be gone only when the step is over.
  func endStep() {
    for number in firstOfStep..<points.count { points[number].retired = retired }
    firstOfStep = points.count
  }
}
