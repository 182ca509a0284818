import SpanEngine
import SpanModel
import SpanTestKit
import SystemPackage
import Testing

/// Makes the N-th call on the disk fail, for every N.
struct FailureTests {
  @Test(arguments: [false, true])
  func `a page cache that lies after a failed sync makes nobody believe what is not on the disk`(
    isRetaining: Bool
  ) throws {
    var failing = 1
    var failedCount = 0
    while true {
      let run = try FailingRun(
        failing: failing, errno: .ioError, isSticky: false, isRetaining: isRetaining, syncsOnly: true)
      if run.isOver { break }
      failedCount += run.failedCallCount > 0 ? 1 : 0
      try run.checkAfterRestart()
      failing += 1
    }
    print("failed calls: \(failedCount) syncs after which the page cache lies")
    #expect(failedCount > 20)
  }

  /// `nil` for a read or write that is short and reports nothing.
  static let kinds = [Errno.ioError, .noSpace, .interrupted, nil].flatMap { errno in
    [(errno, false, false), (errno, true, false), (errno, false, true), (errno, true, true)]
  }

  @Test(arguments: kinds)
  func `after a failed call nothing unsynced is acked, and what was acked is there after a restart`(
    errno: Errno?, isSticky: Bool, isRetaining: Bool
  ) throws {
    var failing = 1
    var failedCount = 0
    while true {
      let run = try FailingRun(
        failing: failing, errno: errno, isSticky: isSticky, isRetaining: isRetaining)
      if run.isOver { break }
      failedCount += run.failedCallCount > 0 ? 1 : 0
      try run.checkAfterRestart()
      failing += Dose.share
    }
    let kind = errno.map { "errno \($0.rawValue)" } ?? "short transfers"
    print("failed calls: \(failedCount) with \(kind), sticky \(isSticky), retaining \(isRetaining)")
    #expect(failedCount > 20 / Dose.share)
  }

  @Test func `want of space refuses requests, keeps reads, and is over when there is room`() throws {
    let platform = SimulatedPlatform()
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 4)
    let first = generator.request()
    _ = try stepped.commit([try stepped.prepare(RequestBuffer(first.bytes))])
    platform.observe { call, _, _ in call == .create ? .noSpace : nil }
    var large = RequestGenerator(seed: 5)
    large.shape.textByteCount = 9000...9000
    large.shape.spans = 6...6
    let request = large.request()
    #expect {
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
    } throws: { error in
      guard case StoreError.outOfSpace = error else { return false }
      return true
    }
    let traceID = first.spans[0].traceID
    #expect(try stepped.store.spans(of: traceID) == first.spans.filter { $0.traceID == traceID })
    platform.observe { _, _, _ in nil }
    platform.advanceClock(by: .seconds(2))
    _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
    #expect(try !stepped.store.spans(of: request.spans[0].traceID).isEmpty)
  }
}

extension FailureTests {
  @Test func `a full disk does not keep a store from being opened and read`() throws {
    let platform = SimulatedPlatform()
    var generator = RequestGenerator(seed: 4)
    let request = generator.request()
    do {
      let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
      // Left behind as the process ends: an empty file that later ones must not make look like a damaged one.
      try stepped.prepareSpare()
    }
    platform.observe { call, _, _ in call == .create ? .noSpace : nil }
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    let traceID = request.spans[0].traceID
    #expect(try stepped.store.spans(of: traceID) == request.spans.filter { $0.traceID == traceID })
    #expect(throws: StoreError.self) {
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
    }
    platform.observe { _, _, _ in nil }
    platform.advanceClock(by: .seconds(2))
    _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
    try stepped.close()
    let again = try SteppedStore(CrashWorkload.options, platform: platform)
    #expect(again.store.damages == [])
    #expect(again.store.statistics().requestCount == 2)
  }

  @Test func `a device that cannot read one page loses what is in it, and nothing else`() throws {
    let platform = SimulatedPlatform(seed: 3)
    var generator = RequestGenerator(seed: 6)
    generator.shape.traceIDs = (1...40).map { TraceID(high: 1, low: $0) }
    let requests = (0..<4).map { _ in generator.request() }
    do {
      let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
      for request in requests { _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))]) }
      try stepped.close()
    }
    var disk = platform.image
    disk.removeIndexes()
    let failing = SimulatedPlatform(disk)
    failing.failReads(of: 8192..<12_288)
    let store = try Store.openReadOnly(directory: CrashWorkload.directory, platform: failing)
    #expect(!store.damages.isEmpty)
    let lost = Set(requests[1].spans.map(\.traceID))
    for request in requests {
      for span in request.spans where !lost.contains(span.traceID) {
        #expect(try store.spans(of: span.traceID).contains(span))
      }
    }
  }
}

/// A store on which one call fails, until it is given up or the script is over.
private final class FailingRun {
  private let platform = SimulatedPlatform(seed: 21)
  private let isRetaining: Bool
  private var stepped: SteppedStore?
  private var acked: [GeneratedRequest] = []
  /// Those of them that retention had not taken out when the run was over.
  private var kept: [GeneratedRequest] = []
  private var submitted: [GeneratedRequest] = []
  /// Each of one request of its own, and deleted for good.
  private var deleted: Set<TraceID> = []
  private(set) var failedCallCount = 0
  /// There were fewer calls than the one that should have failed.
  private(set) var isOver = false

  /// - Parameter syncsOnly: whether only syncs are counted and fail, and the page cache then drops what it
  ///   has not written and calls it clean.
  init(failing number: Int, errno: Errno?, isSticky: Bool, isRetaining: Bool, syncsOnly: Bool = false) throws
  {
    self.isRetaining = isRetaining
    let counter = FailureCounter()
    platform.failedSyncsLie = syncsOnly
    if errno == nil { platform.shortCalls = number..<(isSticky ? .max : number + 1) }
    platform.observe { call, callNumber, _ in
      if syncsOnly {
        guard call == .sync else { return nil }
        counter.syncCount += 1
        guard counter.syncCount == number else { return nil }
        counter.count += 1
        return errno
      }
      guard call != .read || errno == nil, isSticky ? callNumber >= number : callNumber == number else {
        return nil
      }
      counter.count += 1
      // A call that is interrupted for ever would be tried for ever.
      return isSticky && errno == .interrupted && counter.count > 3 ? nil : errno
    }
    run()
    failedCallCount = counter.count
    isOver = syncsOnly ? counter.syncCount < number : platform.callCount < number
    platform.observe { _, _, _ in nil }
    platform.shortCalls = 0..<0
    try noteRetired()
    #expect(
      errno != nil || acked.count + deleted.count == submitted.count, "a short transfer fails nothing")
  }

  /// What was acked is read until the end, but for what retention took: whole files, the oldest. A request
  /// that got a file of its own may go before older ones that share the active file.
  private func noteRetired() throws {
    kept = acked
    guard isRetaining, let store = stepped?.store else { return }
    let found = try store.allSpans()
    kept = acked.filter { found.isSuperset(of: $0.spans) }
    let isWhole = acked.allSatisfy { found.isSuperset(of: $0.spans) || found.isDisjoint(with: $0.spans) }
    #expect(isWhole, "a request is read in part")
    let isOrdinary = { (request: GeneratedRequest) in request.bytes.count < 50_000 }
    let newest = acked.filter(isOrdinary).suffix(kept.count(where: isOrdinary))
    #expect(newest.elementsEqual(kept.filter(isOrdinary)) { $0.bytes == $1.bytes }, "acked, and not read")
    #expect(kept.count == acked.count || store.statistics().retiredSegmentCount > 0, "gone, and not retired")
    let held = platform.image.paths.reduce(0) { $0 + (platform.image.contents(of: $1)?.count ?? 0) }
    // Indexes are written after the files for which there had to be room.
    #expect(UInt64(held) <= options.retainByteCountMin + 100_000, "files that nobody counts")
  }

  private var options: StoreOptions {
    var options = CrashWorkload.options
    if isRetaining { options.retainByteCount = options.retainByteCountMin }
    return options
  }

  private final class FailureCounter: @unchecked Sendable {
    // SAFETY: the script runs on one thread.
    var count = 0
    var syncCount = 0
  }

  private func run() {
    do {
      let stepped = try SteppedStore(options, platform: platform)
      self.stepped = stepped
      var generator = RequestGenerator(seed: 2)
      generator.shape.textByteCount = 500...900
      for number in 0..<(isRetaining ? 26 : 14) {
        // One in seven fits no ordinary file.
        generator.shape.textByteCount = number % 7 == 4 ? 20_000...20_000 : 500...900
        let request =
          isRetaining
          ? generator.rollingRequest(textByteCount: number % 7 == 4 ? 8000 : 5000) : generator.request()
        submitted.append(request)
        platform.advanceClock(by: .seconds(2))
        do {
          _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
          acked.append(request)
        } catch StoreError.outOfSpace {
          continue
        }
        if number % 5 == 3 { try appendAndDelete(TraceID(high: 99, low: UInt64(number)), &generator) }
        if number % 5 == 2 { try stepped.writeWitness() }
        if isRetaining, number % 4 == 1 { stepped.writeIndexes() }
        if number % 6 == 3 || isRetaining {
          do { try stepped.prepareSpare() } catch {
            // The lane tries again itself when it needs the file.
          }
        }
      }
      try stepped.close()
    } catch {
      // The store is given up, as the process that has it would end.
    }
  }

  private func appendAndDelete(_ traceID: TraceID, _ generator: inout RequestGenerator) throws {
    var shape = RequestGenerator.Shape()
    shape.traceIDs = [traceID]
    var requests = RequestGenerator(seed: generator.random.next(), shape: shape)
    let request = requests.request()
    do {
      submitted.append(request)
      try stepped?.append(request)
      try stepped?.delete(traceID)
      deleted.insert(traceID)
      #expect(try stepped?.store.spans(of: traceID) == [])
    } catch StoreError.outOfSpace {
      // Neither, or not the deletion.
    }
  }

  /// What is on stable storage after the process ended and the machine lost power.
  func checkAfterRestart() throws {
    for disk in [platform.image, platform.image.afterPowerLoss] {
      let platform = SimulatedPlatform(disk)
      // Without the limit, by which opening would retire more.
      let found = try spans(on: platform)
      // Not within the expectations, which would print megabytes.
      let isComplete = found.isSuperset(of: kept.flatMap(\.spans))
      #expect(isComplete, "acked requests are lost")
      let isSent = found.isSubset(of: submitted.flatMap(\.spans))
      #expect(isSent, "spans that nobody sent")
      #expect(deleted.isDisjoint(with: found.map(\.traceID)), "deleted, and there again")
      let survives = try spans(on: SimulatedPlatform(platform.image.afterPowerLoss)) == found
      #expect(survives, "what was shown after the restart is gone with the power")
    }
  }

  private func spans(on platform: SimulatedPlatform) throws -> Set<GeneratedSpan> {
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    #expect(stepped.store.damages == [])
    return try stepped.store.allSpans()
  }
}
