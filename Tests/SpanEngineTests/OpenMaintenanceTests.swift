import Dispatch
import SpanEngine
import SpanModel
import SpanTestKit
import Synchronization
import Testing

/// Compacting, verifying and copying a store while it is open, with its threads.
@Suite(.timeLimit(.minutes(10)))
struct OpenMaintenanceTests {
  private let platform = SimulatedPlatform(seed: 741)

  private func opened(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> Store {
    var options = CrashWorkload.options
    change(&options)
    return try Store.open(options, platform: platform)
  }

  private func run(_ order: MaintenanceOrder, on store: Store) throws -> MaintenanceResult {
    let result = Mutex<Result<MaintenanceResult, StoreError>?>(nil)
    let done = DispatchSemaphore(value: 0)
    _ = try store.maintain(
      order, progress: { _ in },
      done: { found in
        result.withLock { $0 = found }
        done.signal()
      })
    done.wait()
    return try #require(result.withLock { $0 }).get()
  }

  private func append(_ count: Int, seed: UInt64, to store: Store) throws -> [GeneratedRequest] {
    var generator = RequestGenerator(seed: seed)
    return try (0..<count).map { number in
      let request = number % 2 == 0 ? generator.rollingRequest() : generator.request()
      try store.append(request.bytes)
      return request
    }
  }

  @Test(arguments: [true, false])
  func `a compaction seals what there is, and leaves one file`(isSealing: Bool) throws {
    let store = try opened {
      $0.sealsFullSegments = isSealing
      $0.compactsSealedSegments = isSealing
    }
    let requests = try append(9, seed: 742, to: store)
    guard case .compacted(let report) = try run(.compact(CompactionRules(), isRehearsed: false), on: store)
    else {
      Issue.record("another result")
      return
    }
    #expect(report.after.fileCount == 1 && report.damages.isEmpty)
    let statistics = store.statistics()
    #expect(statistics.sealedSegmentCount == 1 && statistics.fullSegmentCount == 0)
    #expect(try store.allSpans() == Set(requests.flatMap(\.spans)))
    // And again: there is nothing to do.
    guard case .compacted(let again) = try run(.compact(CompactionRules(), isRehearsed: false), on: store)
    else {
      Issue.record("another result")
      return
    }
    #expect(again.inputCount == 0 && again.before == again.after)
    store.close()
    #expect(try StoreVerification.verify(directory: "data", platform: platform).isWhole)
  }

  @Test func `a rehearsal changes no file that holds spans`() throws {
    let store = try opened { $0.compactsSealedSegments = false }
    _ = try append(9, seed: 743, to: store)
    while store.statistics().sealDebtSegmentCount > 0 {}
    let before = store.segmentSnapshot().sealed.map(\.name)
    guard case .compacted(let report) = try run(.compact(CompactionRules(), isRehearsed: true), on: store)
    else {
      Issue.record("another result")
      return
    }
    #expect(report.outputCount == 1 && report.inputCount == before.count)
    #expect(store.segmentSnapshot().sealed.map(\.name) == before)
    store.close()
  }

  @Test func `a verification finds all that was acked whole, and a flipped bit not`() throws {
    let store = try opened()
    let requests = try append(7, seed: 744, to: store)
    guard case .verified(let whole) = try run(.verify, on: store) else {
      Issue.record("another result")
      return
    }
    #expect(whole.isWhole, "\(whole.damages)")
    #expect(whole.spanCount == UInt64(requests.flatMap(\.spans).count))
    guard case .compacted = try run(.compact(CompactionRules(), isRehearsed: false), on: store) else {
      Issue.record("another result")
      return
    }
    let name = try #require(store.segmentSnapshot().sealed.first?.name)
    let file = try platform.open("data/" + name, .readWrite)
    var byte: UInt8 = 0
    _ = try withUnsafeMutableBytes(of: &byte) { try platform.read(file, into: $0, at: 600) }
    byte ^= 4
    _ = try withUnsafeBytes(of: &byte) { try platform.write(file, $0, at: 600) }
    platform.close(file)
    guard case .verified(let damaged) = try run(.verify, on: store) else {
      Issue.record("another result")
      return
    }
    #expect(damaged.damages.map(\.file) == [name])
    store.close()
  }

  @Test(arguments: [true, false])
  func `a snapshot opens in its place, with all that was acked and deleted`(isSealing: Bool) throws {
    let store = try opened { $0.sealsFullSegments = isSealing }
    let requests = try append(8, seed: 745, to: store)
    let gone = requests[0].spans[0].traceID
    let deletion = store.prepareDeletion(of: gone)
    let sink = BlockingSink()
    try store.submit(deletion, token: 1, sink: sink)
    sink.wait(for: 1)
    guard case .copied = try run(.snapshot(into: "/copy"), on: store) else {
      Issue.record("another result")
      return
    }
    // What comes later is not in it.
    _ = try append(2, seed: 746, to: store)
    let image = SimulatedPlatform(platform.image)
    store.close()
    #expect(try StoreVerification.verify(directory: "/copy", platform: image).isWhole)
    var options = CrashWorkload.options
    options.directory = "/copy"
    let copy = try SteppedStore(options, platform: image)
    #expect(copy.store.damages == [])
    #expect(try copy.store.allSpans() == Set(requests.flatMap(\.spans).filter { $0.traceID != gone }))
    var generator = RequestGenerator(seed: 747)
    try copy.append(generator.request())
  }

  @Test func `a snapshot goes to no directory with something in it, and to none that is not named whole`()
    throws
  {
    let store = try opened()
    _ = try append(1, seed: 748, to: store)
    _ = try run(.snapshot(into: "/copy"), on: store)
    for path in ["/copy", "copy", ""] {
      #expect(throws: StoreError.self) { try run(.snapshot(into: path), on: store) }
    }
    store.close()
  }

  @Test func `there is one at a time, a cancelled one ends, and so does one whose store is closed`() throws {
    let store = try opened()
    _ = try append(5, seed: 749, to: store)
    let isWaiting = DispatchSemaphore(value: 0)
    let mayGoOn = DispatchSemaphore(value: 0)
    let outcome = Mutex<[String]>([])
    let done = DispatchSemaphore(value: 0)
    let isFirst = Atomic<Bool>(true)
    let control = try store.maintain(
      .verify,
      progress: { _ in
        guard isFirst.exchange(false, ordering: .relaxed) else { return }
        isWaiting.signal()
        mayGoOn.wait()
      },
      done: { result in
        if case .failure(.cancelled) = result { outcome.withLock { $0.append("cancelled") } }
        done.signal()
      })
    isWaiting.wait()
    #expect {
      _ = try store.maintain(.verify, progress: { _ in }, done: { _ in })
    } throws: { error in
      if case .maintained? = error as? StoreError { true } else { false }
    }
    control.cancel()
    mayGoOn.signal()
    done.wait()
    #expect(outcome.withLock { $0 } == ["cancelled"])
    _ = try run(.verify, on: store)
    store.close()
    #expect(throws: StoreError.self) {
      _ = try store.maintain(.verify, progress: { _ in }, done: { _ in })
    }
  }

  @Test func `a deleted trace is found while it is there, and not when it was compacted away`() throws {
    let store = try opened { $0.compactsSealedSegments = false }
    let requests = try append(4, seed: 750, to: store)
    let others = Set(requests.dropFirst().flatMap(\.spans).map(\.traceID))
    let gone = try #require(requests[0].spans.map(\.traceID).first { !others.contains($0) })
    guard case .found(let before, _) = try run(.find(gone), on: store) else {
      Issue.record("another result")
      return
    }
    #expect(!before.isGone)
    let sink = BlockingSink()
    try store.submit(store.prepareDeletion(of: gone), token: 1, sink: sink)
    sink.wait(for: 1)
    _ = try run(.compact(CompactionRules(), isRehearsed: false), on: store)
    // The next file was another's before; upkeep makes it anew.
    while true {
      guard case .found(let after, _) = try run(.find(gone), on: store) else {
        Issue.record("another result")
        return
      }
      if after.isGone { break }
    }
    store.close()
  }
}
