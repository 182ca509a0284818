import SpanEngine
import SpanModel
import SpanTestKit
import SystemPackage
import Testing

/// What a start does with what a process left that was killed.
struct KilledStoreTests {
  /// The disk of a store that was killed with so many full segments, none of which has its index.
  private func killed(full: Int) throws -> (disk: SimulatedDisk, requests: [GeneratedRequest]) {
    let platform = SimulatedPlatform(seed: 61)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 62)
    let requests = try stepped.roll(full + 1, &generator)
    var disk = platform.image
    disk.removeIndexes()
    return (disk, requests)
  }

  private func indexCount(_ disk: SimulatedDisk) -> Int { disk.paths.count { $0.hasSuffix(".index") } }

  @Test func `each segment that had to be read has its index when the store is open, and holds no table`()
    throws
  {
    // Fewer than may wait for the disk beside the active one.
    let (disk, requests) = try killed(full: 2)
    let empty = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform())
    let platform = SimulatedPlatform(disk, seed: 63)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    #expect(indexCount(platform.image) == 3)
    let tables = stepped.store.statistics().indexByteCount
    #expect(tables < empty.store.statistics().indexByteCount + 100)
    #expect(try stepped.store.allSpans() == Set(requests.flatMap(\.spans)))
  }

  @Test func `a start that is cut short has written the indexes of what it read`() throws {
    let (disk, requests) = try killed(full: 6)
    let platform = FaultyPlatform(SimulatedPlatform(disk, seed: 64)) { operation, path in
      operation == .read && path.hasSuffix("0004.active") ? .permissionDenied : nil
    }
    let stepped = Result { try SteppedStore(CrashWorkload.options, platform: platform) }
    #expect(throws: StoreError.self) { try stepped.get() }
    #expect(indexCount(platform.simulated.image) == 0, "the headers of all are read before any is walked")

    let late = FaultyPlatform(SimulatedPlatform(disk, seed: 65)) { operation, path in
      operation == .sync && path.hasSuffix("0004.active") ? .ioError : nil
    }
    #expect(throws: StoreError.self) { _ = try SteppedStore(CrashWorkload.options, platform: late) }
    #expect(indexCount(late.simulated.image) == 3)
    let again = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(late.simulated.image))
    #expect(try again.store.allSpans() == Set(requests.flatMap(\.spans)))
  }

  @Test func `an index that cannot be written when opening is told, kept in memory, and written later`()
    throws
  {
    let (disk, requests) = try killed(full: 2)
    let isFailing = Switch()
    let platform = FaultyPlatform(SimulatedPlatform(disk, seed: 66)) { operation, path in
      operation == .sync && path.contains(".index") && isFailing.isOn ? .ioError : nil
    }
    let log = EventLog()
    let stepped = try SteppedStore(CrashWorkload.options.telling(log), platform: platform)
    let told = log.events.count {
      if case .indexNotWritten = $0 { true } else { false }
    }
    #expect(told == 1 && indexCount(platform.simulated.image) == 0)
    #expect(try stepped.store.allSpans() == Set(requests.flatMap(\.spans)))
    isFailing.turn(on: false)
    stepped.writeIndexes()
    #expect(indexCount(platform.simulated.image) == 3)
  }

  @Test func `empty files of a killed store do not keep the disk full that they filled`() throws {
    let platform = SimulatedPlatform(seed: 67)
    var options = CrashWorkload.options
    options.laneCount = 2
    var generator = RequestGenerator(seed: 68)
    let requests: [GeneratedRequest]
    do {
      let stepped = try SteppedStore(options, platform: platform)
      requests = try stepped.roll(1, &generator) + stepped.roll(1, &generator, lane: 1)
      for lane in 0..<2 { try stepped.prepareSpare(lane: lane) }
    }
    // Room for one segment: the lanes keep as much free, and need as much again.
    let taken = platform.image.paths.reduce(0) { $0 + (platform.image.contents(of: $1)?.count ?? 0) }
    platform.setCapacity(UInt64(taken + options.segmentByteCount))
    let more = (0..<2).map { _ in generator.request() }
    do {
      let stepped = try SteppedStore(options, platform: platform)
      for lane in 0..<2 { try stepped.append(more[lane], lane: lane) }
    }
    let again = try SteppedStore(options, platform: platform)
    #expect(again.store.damages == [])
    #expect(try again.store.allSpans() == Set((requests + more).flatMap(\.spans)))
  }

  @Test(arguments: [Errno?.none, .readOnlyFileSystem, .invalidArgument])
  func `what an offline tool reads of a store that was killed in a commit survives a loss of power`(
    errno: Errno?
  ) throws {
    let platform = SimulatedPlatform(seed: 69)
    var generator = RequestGenerator(seed: 70)
    let request = generator.request()
    do {
      let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
      _ = try stepped.write([try stepped.prepare(RequestBuffer(request.bytes))])
    }
    let faulty = FaultyPlatform(platform) { operation, _ in
      operation == .sync || operation == .syncDirectory ? errno : nil
    }
    let found = try Store.openReadOnly(directory: CrashWorkload.directory, platform: faulty).allSpans()
    #expect(found == Set(request.spans))
    if errno != nil { return }
    let survivor = SimulatedPlatform(platform.image.afterPowerLoss)
    #expect(
      try Store.openReadOnly(directory: CrashWorkload.directory, platform: survivor).allSpans() == found)
  }

  @Test(arguments: [true, false])
  func `the name of a file made to measure is durable when its request is read`(isWriting: Bool) throws {
    let platform = SimulatedPlatform(seed: 71)
    var generator = RequestGenerator(seed: 72)
    generator.shape.textByteCount = 30_000...30_000
    let request = generator.request()
    let names = Images()
    do {
      let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
      platform.observe { call, _, disk in
        if call == .syncDirectory { names.disks.append(disk) }
        return nil
      }
      try stepped.append(request)
    }
    // Killed between the renaming of the file and the sync of the directory.
    let disk = try #require(names.disks.last)
    let killed = SimulatedPlatform(disk, seed: 73)
    // No room for another file, whose making would sync the directory.
    killed.setCapacity(0)
    let store =
      try isWriting
      ? SteppedStore(CrashWorkload.options, platform: killed).store
      : Store.openReadOnly(directory: CrashWorkload.directory, platform: killed)
    #expect(try store.allSpans() == Set(request.spans))
    let survivor = SimulatedPlatform(killed.image.afterPowerLoss)
    let after = try Store.openReadOnly(directory: CrashWorkload.directory, platform: survivor)
    #expect(try after.allSpans() == Set(request.spans))
  }
}

private final class Images: @unchecked Sendable {
  // SAFETY: one thread.
  var disks: [SimulatedDisk] = []
}
