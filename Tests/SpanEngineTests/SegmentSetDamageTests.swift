import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import SystemPackage
import Testing

/// What is read of a store that a crash left with a set of sealed segments, whole or damaged.
struct SegmentSetDamageTests {
  /// How many of the outputs are still to get their names.
  static let waitingCounts = [3, 1, 0]

  @Test(arguments: waitingCounts)
  func `offline tools read what is committed as if it were done, and change nothing`(waiting: Int) throws {
    let subject = try OwnedStore()
    let disk = try subject.committed(waiting: waiting)
    let platform = OwnedStore.untouchable(disk)
    let store = try Store.openReadOnly(directory: OwnedStore.directory, platform: platform)
    #expect(store.damages == [] && store.segmentSnapshot().sealed.count == 3)
    #expect(try subject.isWhole(store))
    let verification = try StoreVerification.verify(directory: OwnedStore.directory, platform: platform)
    #expect(verification.isWhole && verification.sealedFiles.count == 3, "\(verification.damages)")
    #expect(verification.requestCount == UInt64(subject.requests.count))
    var options = CrashWorkload.options
    options.directory = OwnedStore.directory
    let report = try OfflineCompaction(options, platform: platform).rehearse()
    #expect(report.after.fileCount == 3 && report.damages.isEmpty)
    let names = try SealedInspection.segmentNames(in: OwnedStore.directory, platform: platform)
    #expect(names.count == 3 && names.allSatisfy { $0.hasSuffix(".sealed") })
    var inspected = 0
    for name in names {
      try SealedInspection.inspect(name, in: OwnedStore.directory, platform: platform) { part in
        if case .damage = part { Issue.record("\(part)") }
        if case .rowGroup = part { inspected += 1 }
      }
    }
    #expect(inspected == 3)
  }

  @Test(arguments: waitingCounts)
  func `a snapshot of what is committed has it done`(waiting: Int) throws {
    let subject = try OwnedStore()
    let platform = SimulatedPlatform(try subject.committed(waiting: waiting), seed: 831)
    let before = platform.image.paths
    let snapshot = try StoreSnapshot.take(of: OwnedStore.directory, into: "copy", platform: platform)
    #expect(snapshot.damages == [] && snapshot.linkedFileCount == 3)
    #expect(platform.image.paths.filter { !$0.hasPrefix("copy/") } == before)
    #expect(!platform.image.paths.contains { $0.hasPrefix("copy/") && $0.hasSuffix(".set") })
    let store = try Store.openReadOnly(directory: "copy", platform: platform)
    #expect(try subject.isWhole(store) && store.damages == [])
  }

  @Test(arguments: waitingCounts)
  func `the id of a trace is found in every file, whatever its name`(waiting: Int) throws {
    let subject = try OwnedStore()
    let disk = try subject.committed(waiting: waiting)
    let traceID = subject.requests[0].spans[0].traceID
    let remains = try TraceRemains.find(
      traceID, in: OwnedStore.directory, platform: OwnedStore.untouchable(disk))
    let holding = Set(
      subject.requests.indices.filter { subject.requests[$0].spans.contains { $0.traceID == traceID } }
        .map { subject.owners[$0] })
    let files = Set(remains.places.map(\.file))
    #expect(files.count { $0.hasSuffix(".sealed") } == holding.count, "\(files)")
    #expect(files.contains { $0.hasSuffix(".active") } && remains.damages.isEmpty)
  }

  /// Mutants of the set file.
  private static func mutants(_ bytes: [UInt8]) -> [[UInt8]] {
    let bits = stride(from: 0, to: bytes.count * 8, by: max(1, Dose.share / 4)).map { bit in
      var mutant = bytes
      mutant[bit / 8] ^= 1 << UInt8(bit % 8)
      return mutant
    }
    return bits + (0..<bytes.count).map { Array(bytes[..<$0]) } + [bytes + [0]]
  }

  @Test(arguments: waitingCounts)
  func `a set that is damaged is named, loses nothing, and is gone once the store was opened`(waiting: Int)
    throws
  {
    let subject = try OwnedStore(requestCount: 4)
    let disk = try subject.committed(waiting: waiting)
    let path = try #require(OwnedStore.setPath(on: disk))
    let name = String(path.dropFirst(OwnedStore.directory.count + 1))
    let bytes = try #require(disk.contents(of: path))
    for (number, mutant) in Self.mutants(bytes).enumerated() {
      var damaged = disk
      damaged.overwrite(path, with: mutant)
      let reading = OwnedStore.untouchable(damaged)
      let store = try Store.openReadOnly(directory: OwnedStore.directory, platform: reading)
      #expect(store.damages.map(\.file) == [name], "mutant \(number)")
      #expect(store.damages.map(\.extent) == [.nothing], "mutant \(number)")
      #expect(try subject.isWhole(store), "mutant \(number)")
      let verification = try StoreVerification.verify(directory: OwnedStore.directory, platform: reading)
      #expect(verification.damages == store.damages, "mutant \(number)")
      #expect(verification.requestCount == UInt64(subject.requests.count), "mutant \(number)")

      let log = EventLog()
      let platform = SimulatedPlatform(damaged, seed: 832)
      let stepped = try SteppedStore(CrashWorkload.options.telling(log), platform: platform)
      let told = log.events.compactMap { event -> Damage? in
        if case .damaged(let damage) = event { damage } else { nil }
      }
      #expect(told == store.damages && stepped.store.damages == [], "mutant \(number)")
      #expect(try subject.isWhole(stepped.store), "mutant \(number)")
      #expect(OwnedStore.setPath(on: platform.image) == nil)
      #expect(try stepped.sealNext())
      #expect(try subject.isWhole(stepped.store), "mutant \(number)")
      let again = try SteppedStore(
        CrashWorkload.options, platform: SimulatedPlatform(platform.image.afterPowerLoss))
      #expect(try again.store.damages == [] && subject.isWhole(again.store), "mutant \(number)")
    }
  }

  @Test(arguments: waitingCounts, [Errno.ioError, .noSpace])
  func `a call that fails while a set is finished keeps the next start from nothing`(
    waiting: Int, errno: Errno
  ) throws {
    let subject = try OwnedStore()
    let disk = try subject.committed(waiting: waiting)
    var failing = 1
    while true {
      let platform = SimulatedPlatform(disk, seed: 835)
      platform.observe { _, number, _ in number >= failing ? errno : nil }
      let opened = Result { try SteppedStore(CrashWorkload.options, platform: platform) }
      let isOver = platform.callCount < failing
      platform.observe { _, _, _ in nil }
      if case .success(let stepped) = opened { #expect(try subject.isWhole(stepped.store)) }
      for image in [platform.image, platform.image.afterPowerLoss] {
        let again = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(image, seed: 836))
        let isWhole = try again.store.damages == [] && subject.isWhole(again.store)
        #expect(isWhole, "call \(failing)")
      }
      if isOver { break }
      failing += 1
    }
    #expect(failing > 20)
  }

  @Test(arguments: waitingCounts, [0, 1, 2])
  func `a set one of whose outputs is missing or damaged counts as none`(waiting: Int, number: Int) throws {
    let subject = try OwnedStore()
    let disk = try subject.committed(waiting: waiting)
    let path = disk.paths.filter { $0.contains(".sealed") }.sorted()[number]
    for isDamaged in [false, true] {
      var changed = disk
      if isDamaged { changed.overwrite(path, with: [1, 2, 3]) } else { changed.remove(path) }
      let store = try Store.openReadOnly(
        directory: OwnedStore.directory, platform: OwnedStore.untouchable(changed))
      #expect(store.damages.map(\.extent) == (isDamaged ? [.nothing] : []))
      #expect(try subject.isWhole(store))
      let platform = SimulatedPlatform(changed, seed: 833)
      let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
      #expect(try subject.isWhole(stepped.store) && stepped.store.damages == [])
      #expect(!platform.image.paths.contains { $0.contains(".sealed") || $0.hasSuffix(".set") })
    }
  }

  @Test(arguments: waitingCounts, [false, true])
  func `should the log segment be gone all the same, the outputs count`(waiting: Int, isDamaged: Bool) throws
  {
    let subject = try OwnedStore()
    var disk = try subject.committed(waiting: waiting)
    let log = try #require(OwnedStore.setPath(on: disk)).replacing(".set", with: ".active")
    for path in disk.paths where path == log || path.hasSuffix(".ledger") { disk.remove(path) }
    if isDamaged { disk.overwrite(try #require(OwnedStore.setPath(on: disk)), with: [7]) }
    let store = try Store.openReadOnly(
      directory: OwnedStore.directory, platform: OwnedStore.untouchable(disk))
    #expect(try subject.isWhole(store) && store.damages.count == (isDamaged ? 1 : 0))
    let stepped = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(disk, seed: 834))
    #expect(try subject.isWhole(stepped.store))
  }
}
