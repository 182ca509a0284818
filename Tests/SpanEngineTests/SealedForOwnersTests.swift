import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import SpanWire
import Testing

/// What is sealed of several tenants and partitions.
struct SealedForOwnersTests {
  private static func sealed(_ disk: SimulatedDisk, heldByteCount: Int = 1 << 20) throws -> (
    SimulatedPlatform, SteppedStore
  ) {
    let platform = SimulatedPlatform(disk, seed: 811)
    var options = CrashWorkload.options
    options.sealedSpansByteCount = heldByteCount
    let stepped = try SteppedStore(options, platform: platform)
    #expect(try stepped.sealNext())
    return (platform, stepped)
  }

  @Test(arguments: [1 << 20, 700])
  func `each owner gets a segment with its records alone, in order of owners`(heldByteCount: Int) throws {
    let subject = try OwnedStore()
    let (platform, stepped) = try Self.sealed(subject.disk, heldByteCount: heldByteCount)
    let sealed = stepped.store.segmentSnapshot().sealed.sorted { $0.sequence < $1.sequence }
    #expect(sealed.map(\.footer.owner) == (0..<3).map { subject.owners[$0] })
    for segment in sealed {
      let own = subject.requests.indices.filter { subject.owners[$0] == segment.footer.owner }
      let records = try segment.contents().records.map(\.sequence.rawValue).sorted()
      #expect(records == own.map { UInt64($0 + 1) })
      #expect(segment.footer.spanCount == UInt64(own.reduce(0) { $0 + subject.requests[$1].spans.count }))
    }
    #expect(try subject.isWhole(stepped.store))
    #expect(!platform.image.paths.contains { $0.hasSuffix(".set") || $0.hasSuffix(".tmp") })
  }

  @Test func `the same file gives the same segments, whatever is held at once`() throws {
    let subject = try OwnedStore()
    let files = try [1 << 20, 900, 300].map { held in
      let (platform, _) = try Self.sealed(subject.disk, heldByteCount: held)
      let disk = platform.image
      return try disk.paths.filter { $0.hasSuffix(".sealed") }.map { path in
        try SealedReading(try #require(disk.contents(of: path))).members.map(\.span)
      }
    }
    #expect(files[0] == files[1] && files[1] == files[2])
  }

  @Test func `a reader finds its tenant's spans alone, in log segments and in sealed ones`() throws {
    let platform = SimulatedPlatform(seed: 812)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 813)
    let (shared, other) = (generator.request(), generator.request())
    let owners = [(0, 0), (0, 5), (7, 0)].map { RecordOwner(tenant: $0.0, partition: $0.1) }
    for owner in owners { try stepped.append(shared, of: owner) }
    try stepped.append(other, of: owners[2])
    func check(_ store: Store) throws {
      #expect(try store.allSpans() == Set(shared.spans))
      #expect(try store.allSpans(tenant: 7) == Set(shared.spans + other.spans))
      #expect(try store.allSpans(tenant: 1).isEmpty && store.traceIDs(tenant: 1).isEmpty)
    }
    try check(stepped.store)
    try stepped.close()
    let sealed = try SteppedStore(CrashWorkload.options, platform: platform)
    try check(sealed.store)
    while try sealed.sealNext() {}
    #expect(sealed.store.statistics().sealedSegmentCount == 3)
    try check(sealed.store)
  }

  @Test func `who deletes a trace hides it from no other tenant`() throws {
    let subject = try OwnedStore()
    let platform = SimulatedPlatform(subject.disk, seed: 814)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    let own = Set(subject.spans(of: 0).map(\.traceID))
    let trace = try #require(subject.spans(of: 1).map(\.traceID).first { own.contains($0) })
    try stepped.delete(trace, tenant: 1)
    func check(_ store: Store) throws {
      #expect(try store.allSpans() == subject.spans(of: 0))
      #expect(try store.allSpans(tenant: 1) == subject.spans(of: 1).filter { $0.traceID != trace })
    }
    try check(stepped.store)
    while try stepped.sealNext() {}
    try check(stepped.store)
    while try stepped.compactNext() != nil {}
    try check(stepped.store)
    let again = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(platform.image))
    try check(again.store)
  }

  @Test func `a held trace of one tenant is taken of another`() throws {
    var options = CrashWorkload.options
    options.deleteHold = .seconds(60)
    let stepped = try SteppedStore(options, platform: SimulatedPlatform(seed: 815))
    var generator = RequestGenerator(seed: 816)
    let request = generator.request()
    try stepped.append(request, of: RecordOwner(tenant: 1))
    for traceID in Set(request.spans.map(\.traceID)) { try stepped.delete(traceID, tenant: 1) }
    let refused = try stepped.prepare(RequestBuffer(request.bytes), of: RecordOwner(tenant: 1))
    #expect(refused.acceptedSpanCount == 0 && refused.rejectedSpanCount == request.spans.count)
    try stepped.append(request)
    #expect(try stepped.store.allSpans() == Set(request.spans))
    #expect(try stepped.store.allSpans(tenant: 1).isEmpty)
  }

  @Test func `segments of one owner are merged though others' lie between`() throws {
    let platform = SimulatedPlatform(seed: 817)
    var generator = RequestGenerator(seed: 818)
    let owners = OwnersByTurns(count: 3)
    var spans: [UInt32: Set<GeneratedSpan>] = [:]
    for _ in 0..<5 {
      let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
      for number in 0..<3 {
        let request = generator.request()
        try stepped.append(request, of: owners[number])
        spans[owners[number].tenant, default: []].formUnion(request.spans)
      }
      try stepped.close()
    }
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    while try stepped.sealNext() {}
    #expect(stepped.store.statistics().sealedSegmentCount == 15)
    while try stepped.compactNext() != nil {}
    let sealed = stepped.store.segmentSnapshot().sealed
    #expect(sealed.map(\.footer.owner).sorted() == (0..<3).map { owners[$0] })
    #expect(sealed.allSatisfy { $0.footer.recordCount == 5 && $0.footer.isDense })
    for (tenant, expected) in spans { #expect(try stepped.store.allSpans(tenant: tenant) == expected) }
  }

  @Test func `a dry run tells what compacting several owners' logs does`() throws {
    let subject = try OwnedStore()
    let planned = try OfflineCompaction(
      CrashWorkload.options, platform: OwnedStore.untouchable(subject.disk)
    ).rehearse()
    let platform = SimulatedPlatform(subject.disk, seed: 822)
    let done = try OfflineCompaction(CrashWorkload.options, platform: platform).run()
    #expect(planned.sealedLogCount == 1 && done.sealedLogCount == 1)
    #expect(planned.outputCount == 3 && done.outputCount == 3 && planned.inputCount == done.inputCount)
    #expect(planned.after.fileCount == 3 && done.after.fileCount == 3)
    let store = try Store.openReadOnly(directory: OwnedStore.directory, platform: platform)
    #expect(try subject.isWhole(store))
  }

  @Test func `requests of several partitions come in the order they arrived in`() throws {
    let subject = try OwnedStore()
    let (platform, stepped) = try Self.sealed(subject.disk)
    try stepped.close()
    let store = try Store.openReadOnly(directory: OwnedStore.directory, platform: platform)
    for tenant in subject.owners.tenants {
      let reader = ArrivalReader(store: store, tenant: tenant)
      var found: [ArrivedRequest] = []
      while let request = try reader.next() { found.append(request) }
      let own = subject.requests.indices.filter { subject.owners[$0].tenant == tenant }
      #expect(found.map { Int($0.sequence.rawValue) - 1 } == own)
      for (request, number) in zip(found, own) {
        #expect(try Set(decodeAnswer(request.bytes)) == Set(subject.requests[number].spans))
      }
    }
  }

  @Test(arguments: [false, true])
  func `what is salvaged stays its owner's`(isSealed: Bool) throws {
    let subject = try OwnedStore()
    let platform =
      isSealed ? try Self.sealed(subject.disk).0 : SimulatedPlatform(subject.disk, seed: 819)
    var options = StoreOptions(directory: "saved")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    options.sealsFullSegments = false
    _ = try StoreSalvage.save(from: OwnedStore.directory, into: options, platform: platform)
    let stepped = try SteppedStore(options, platform: platform)
    #expect(try subject.isWhole(stepped.store))
    while try stepped.sealNext() {}
    let found = stepped.store.segmentSnapshot().sealed.map(\.footer.owner).sorted()
    #expect(found == (0..<3).map { subject.owners[$0] })
  }

  @Test func `a file rolls before it has more owners than it can be sealed for`() throws {
    var options = CrashWorkload.options
    options.segmentByteCount = 8 << 20
    let platform = SimulatedPlatform(seed: 820)
    let stepped = try SteppedStore(options, platform: platform)
    var shape = RequestGenerator.Shape()
    (shape.resources, shape.scopes, shape.spans) = (1...1, 1...1, 1...1)
    var generator = RequestGenerator(seed: 821, shape: shape)
    let ownerCount = RecordOwner.countMaxOfSegment + 1
    let appends = try (0..<ownerCount).map { number in
      let owner = RecordOwner(tenant: UInt32(number), partition: 3)
      return try stepped.prepare(RequestBuffer(generator.request().bytes), of: owner)
    }
    var done = 0
    while done < ownerCount - 1 { done += try stepped.commit(appends[done..<ownerCount - 1]) }
    #expect(stepped.store.statistics().fullSegmentCount == 0)
    #expect(try stepped.commit(appends[done...]) == 1)
    #expect(stepped.store.statistics().fullSegmentCount == 1)
  }
}
