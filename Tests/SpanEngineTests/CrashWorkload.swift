import SpanEngine
import SpanModel
import SpanTestKit
import Testing

/// A disk right before one call, and what the store had promised by then.
struct CrashPoint {
  let call: Int
  let disk: SimulatedDisk
  let submitted: [GeneratedRequest]
  /// Numbers in `submitted` of the requests that were acked.
  let acked: Range<Int>
}

/// A script of steps, run once while every call is recorded.
struct CrashWorkload: Sendable, CustomTestStringConvertible {
  enum Step: Sendable {
    /// So many requests in one commit (or several, when they do not fit a frame).
    case append(Int)
    /// One request whose spans' names are so long together.
    case appendLarge(byteCount: Int)
    /// One request with a span in each of so many traces.
    case appendWide(traces: Int)
    case prepareSpare
    case witness
    /// What the interval does.
    case sync
    case close
    case reopen
    /// As `reopen`, without closing before.
    case kill
  }

  let name: String
  let seed: UInt64
  var durability = Durability.sync
  var transferByteCountMax = Int.max
  let steps: [Step]

  var testDescription: String { name }

  static let directory = "data"

  static var options: StoreOptions {
    var options = StoreOptions(directory: directory)
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    return options
  }

  private var options: StoreOptions {
    var options = Self.options
    options.durability = durability
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
      steps: [.append(2), .kill, .append(1), .kill, .kill, .append(3), .witness, .kill, .append(1)]),
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
        .append(3), .appendLarge(byteCount: 40_000), .kill, .append(2), .appendLarge(byteCount: 70_000),
      ]),
    CrashWorkload(
      name: "never used", seed: 13, steps: [.close, .reopen, .prepareSpare, .close, .reopen, .append(1)]),
  ]

  /// Runs the script and returns the disk before each call that changes it.
  func run() throws -> [CrashPoint] {
    let recorder = Recorder()
    let platform = SimulatedPlatform(seed: seed, transferByteCountMax: transferByteCountMax)
    platform.observe { call, number, disk in
      if call != .read { recorder.note(call: number, disk) }
      return nil
    }
    var generator = RequestGenerator(seed: seed)
    var stepped: SteppedStore? = try SteppedStore(options, platform: platform)
    for step in steps {
      switch step {
      case .append(let count):
        let requests = (0..<count).map { _ in generator.request() }
        try append(requests, to: stepped, recorder)
      case .appendLarge(let byteCount):
        var shape = RequestGenerator.Shape()
        shape.textByteCount = byteCount / 8...byteCount / 8
        shape.resources = 1...1
        shape.scopes = 1...1
        shape.spans = 7...7
        var large = RequestGenerator(seed: generator.random.next(), shape: shape)
        try append([large.request()], to: stepped, recorder)
      case .appendWide(let traceCount):
        var wide = RequestGenerator(seed: generator.random.next())
        wide.shape.resources = 1...1
        wide.shape.scopes = 1...1
        wide.shape.spans = traceCount...traceCount
        wide.shape.textByteCount = 0...0
        wide.shape.traceIDs = (0..<500).map { _ in TraceID(high: 9, low: generator.random.next()) }
        try append([wide.request()], to: stepped, recorder)
      case .prepareSpare: try stepped?.prepareSpare()
      case .witness:
        try stepped?.writeWitness()
        recorder.ackedCount = recorder.submitted.count
      case .sync:
        try stepped?.syncWritten()
        recorder.ackedCount = recorder.submitted.count
      case .close:
        try stepped?.close()
        recorder.ackedCount = recorder.submitted.count
      case .reopen, .kill:
        stepped = nil
        stepped = try SteppedStore(options, platform: platform)
      }
      stepped?.checkInvariants()
    }
    recorder.note(call: platform.callCount + 1, platform.image)
    return recorder.points
  }

  private func append(_ requests: [GeneratedRequest], to stepped: SteppedStore?, _ recorder: Recorder) throws
  {
    guard let stepped else { return }
    let appends = try requests.map { try stepped.prepare(RequestBuffer($0.bytes)) }
    recorder.submitted += requests
    var done = 0
    while done < appends.count {
      let count = try stepped.commit(appends[done...])
      done += count
      // In the other modes an ack is not a promise that survives loss of power.
      if durability == .sync { recorder.ackedCount += count }
    }
  }
}

/// What a running workload has seen so far.
private final class Recorder: @unchecked Sendable {
  // SAFETY: the workload runs on one thread.
  var submitted: [GeneratedRequest] = []
  var ackedCount = 0
  var points: [CrashPoint] = []

  func note(call: Int, _ disk: SimulatedDisk) {
    points.append(CrashPoint(call: call, disk: disk, submitted: submitted, acked: 0..<ackedCount))
  }
}
