import Dispatch
import SpanEngine
import SpanModel
import SpanTestKit
import SystemPackage
import Testing

struct RetentionTests {
  private func options(lanes: Int = 1) -> StoreOptions {
    var options = CrashWorkload.options
    options.laneCount = lanes
    options.retainByteCount = options.retainByteCountMin
    return options
  }

  private func activeFileCount(_ platform: FaultyPlatform) -> Int {
    platform.simulated.image.paths.count { $0.contains(".active") }
  }

  @Test(arguments: [FaultyPlatform.Operation.rename, .unlink])
  func `a segment whose file cannot go stays, is read, and no other file is made meanwhile`(
    operation: FaultyPlatform.Operation
  ) throws {
    let isFailing = Switch()
    let platform = FaultyPlatform(SimulatedPlatform(seed: 91)) { called, path in
      // One that was given back in part is unlinked, a whole one renamed.
      called == operation && path.hasSuffix(".active") && isFailing.isOn ? .notPermitted : nil
    }
    var generator = RequestGenerator(seed: 92)
    var requests: [GeneratedRequest] = []
    if operation == .unlink {
      let stepped = try SteppedStore(options(), platform: platform)
      requests += try stepped.roll(1, &generator)
    }
    let stepped = try SteppedStore(options(), platform: platform)
    requests += try stepped.roll(3, &generator)
    while stepped.store.statistics().fullSegmentCount < 3 { requests += try stepped.roll(1, &generator) }
    let fileCount = activeFileCount(platform)
    for _ in 0..<3 {
      #expect(throws: StoreError.self) { try stepped.prepareSpare() }
      #expect(try stepped.store.allSpans() == Set(requests.flatMap(\.spans)), "acked, and not read")
    }
    #expect(activeFileCount(platform) == fileCount)
    #expect(stepped.store.statistics().retiredSegmentCount == 0)
    isFailing.turn(on: false)
    try stepped.prepareSpare()
    #expect(try stepped.store.allSpans() == Set(requests.dropFirst().flatMap(\.spans)))
    #expect(stepped.store.statistics().retiredSegmentCount == 1)
  }

  @Test func `a file that was to be used again and is not takes no room`() throws {
    let isFailing = Switch()
    let platform = FaultyPlatform(SimulatedPlatform(seed: 93)) { operation, _ in
      operation == .syncDirectory && isFailing.isOn ? .ioError : nil
    }
    isFailing.turn(on: false)
    let stepped = try SteppedStore(options(), platform: platform)
    var generator = RequestGenerator(seed: 94)
    _ = try stepped.roll(4, &generator)
    isFailing.turn(on: true)
    #expect(throws: StoreError.self) { try stepped.prepareSpare() }
    #expect(!platform.simulated.image.paths.contains { $0.hasSuffix(".active.tmp") })
  }

  @Test func `a segment is gone without being missed though the ledger's first sync failed`() throws {
    let platform = SimulatedPlatform(seed: 101)
    var generator = RequestGenerator(seed: 102)
    do {
      let stepped = try SteppedStore(options(), platform: platform)
      _ = try stepped.roll(2, &generator)
    }
    // Opening makes durable what the ledger says of the first segment; then its slots are written over.
    let stepped = try SteppedStore(options(), platform: platform)
    _ = try stepped.roll(1, &generator)
    try stepped.writeWitness()
    // As the system may: what it could not write is called clean, and the next sync does nothing.
    platform.failedSyncsLie = true
    let isFailing = Switch()
    platform.observe { call, _, _ in call == .sync && isFailing.isOn ? .ioError : nil }
    #expect(throws: StoreError.self) { try stepped.prepareSpare() }
    isFailing.turn(on: false)
    try stepped.prepareSpare()
    #expect(stepped.store.statistics().retiredSegmentCount == 1)
    for disk in [platform.image, platform.image.afterPowerLoss] {
      #expect(try SteppedStore(options(), platform: SimulatedPlatform(disk)).store.damages == [])
    }
  }

  @Test func `a lane that rolls does not wait while another retires`() throws {
    let stepped = Held()
    let done = DispatchSemaphore(value: 0)
    let waited = Held()
    let isWatching = Switch()
    isWatching.turn(on: false)
    let platform = FaultyPlatform(SimulatedPlatform(seed: 95)) { operation, _ in
      guard operation == .syncDirectory, isWatching.isOn, waited.result == nil else { return nil }
      isWatching.turn(on: false)
      // Retention waits for the disk here: the other lane goes on in the file that was made for it.
      DispatchQueue.global().async {
        stepped.rollOther()
        done.signal()
      }
      waited.result = done.wait(timeout: .now() + 10)
      return nil
    }
    let store = try SteppedStore(options(lanes: 2), platform: platform)
    stepped.store = store
    var generator = RequestGenerator(seed: 96)
    _ = try store.roll(5, &generator)
    _ = try store.roll(2, &generator, lane: 1)
    try store.prepareSpare(lane: 1)
    stepped.next = generator.rollingRequest()
    isWatching.turn(on: true)
    try store.prepareSpare(lane: 0)
    #expect(waited.result == .success)
  }

  @Test func `an index that retention removed while it was written is nobody's trouble`() throws {
    let held = Held()
    let log = EventLog()
    let platform = FaultyPlatform(SimulatedPlatform(seed: 97)) { operation, path in
      // Named and not yet used: right then its segment is retired.
      if operation == .adviseRandomReads, path.contains("0001.index"), let stepped = held.store {
        held.store = nil
        do { try stepped.prepareSpare() } catch { Issue.record(error) }
      }
      return nil
    }
    let stepped = try SteppedStore(options().telling(log), platform: platform)
    var generator = RequestGenerator(seed: 98)
    _ = try stepped.roll(4, &generator)
    held.store = stepped
    stepped.writeIndexes()
    #expect(held.store == nil && stepped.store.statistics().retiredSegmentCount == 1)
    #expect(
      !log.events.contains {
        if case .indexNotWritten = $0 { true } else { false }
      }, "\(log.events)")
    let names = platform.simulated.image.paths.filter { $0.hasSuffix(".index") }
    #expect(names == ["data/lane-0-0000000000000002.index", "data/lane-0-0000000000000003.index"])
  }

  @Test func `what is stored now falls when segments go, and what was stored ever does not`() throws {
    let platform = SimulatedPlatform(seed: 99)
    var generator = RequestGenerator(seed: 100)
    var count = 0
    for _ in 0..<2 {
      let stepped = try SteppedStore(options(), platform: platform)
      _ = try stepped.roll(6, &generator)
      let statistics = stepped.store.statistics()
      let found = try stepped.store.allSpans().count
      #expect(statistics.storedSpanCount == UInt64(found))
      #expect(statistics.storedRequestCount == UInt64(found / 7))
      count = Int(statistics.requestCount - statistics.storedRequestCount)
      #expect(count == Int(statistics.retiredSegmentCount) && count > 0)
      try stepped.close()
    }
  }
}

private final class Held: @unchecked Sendable {
  // SAFETY: the threads that touch it wait for each other.
  var store: SteppedStore?
  var next: GeneratedRequest?
  var result: DispatchTimeoutResult?

  func rollOther() {
    guard let store, let next else { return }
    do { try store.append(next, lane: 1) } catch { Issue.record(error) }
  }
}
