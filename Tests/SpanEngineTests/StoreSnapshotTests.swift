import SpanEngine
import SpanModel
import SpanTestKit
import SystemPackage
import Testing

struct StoreSnapshotTests {
  /// A machine with a store of a sealed segment, a full log segment and one that was not closed, and what is
  /// in them.
  private func mixed() throws -> (platform: SimulatedPlatform, spans: [GeneratedSpan]) {
    let sealed = try SealedStore()
    let platform = sealed.platform()
    var options = StoreOptions(directory: SealedStore.directory)
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    var generator = RequestGenerator(seed: 21)
    var spans = sealed.requests.flatMap(\.spans)
    for isClosed in [true, false] {
      let stepped = try SteppedStore(options, platform: platform)
      for _ in 0..<5 {
        let request = generator.request()
        _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
        spans += request.spans
      }
      if isClosed { try stepped.close() }
    }
    return (platform, spans)
  }

  private func contents(_ platform: SimulatedPlatform, in directory: String) -> [String: [UInt8]] {
    let image = platform.image
    let paths = image.paths.filter { $0.hasPrefix(directory + "/") }
    return Dictionary(uniqueKeysWithValues: paths.map { ($0, image.contents(of: $0) ?? []) })
  }

  private func expectSame(_ spans: [GeneratedSpan], _ directory: String, _ platform: SimulatedPlatform) throws
  {
    let store = try Store.openReadOnly(directory: directory, platform: platform)
    let expected = Dictionary(grouping: spans, by: \.traceID)
    #expect(try Set(store.traceIDs()) == Set(expected.keys))
    for (traceID, spans) in expected { #expect(try Set(store.spans(of: traceID)) == Set(spans)) }
  }

  @Test func `a snapshot reads as the original does, is whole, and leaves that as it was`() throws {
    let (platform, spans) = try mixed()
    let before = contents(platform, in: "data")
    let snapshot = try StoreSnapshot.take(of: "data", into: "copy", platform: platform)
    #expect(contents(platform, in: "data") == before)
    #expect(snapshot.linkedFileCount == 1 && snapshot.damages.isEmpty)
    try expectSame(spans, "copy", platform)
    let verification = try StoreVerification.verify(directory: "copy", platform: platform)
    #expect(verification.isWhole, "\(verification.damages)")
    // And it is one that can be written to.
    var options = StoreOptions(directory: "copy")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    try SteppedStore(options, platform: platform).close()
    try expectSame(spans, "copy", platform)
    #expect(contents(platform, in: "data") == before)
  }

  @Test(arguments: [Errno.improperLink, .tooManyLinks, .notPermitted, .notSupported])
  func `where a file cannot have two names it is copied`(errno: Errno) throws {
    let (platform, spans) = try mixed()
    platform.observe { call, _, _ in call == .link ? errno : nil }
    let snapshot = try StoreSnapshot.take(of: "data", into: "copy", platform: platform)
    #expect(snapshot.linkedFileCount == 0)
    try expectSame(spans, "copy", platform)
  }

  @Test func `a snapshot that was cut short by a crash is none that opens, or a whole one`() throws {
    let (platform, spans) = try mixed()
    var images: [SimulatedDisk] = []
    platform.observe { call, _, disk in
      if call.isChange { images.append(disk) }
      return nil
    }
    _ = try StoreSnapshot.take(of: "data", into: "copy", platform: platform)
    var openedCount = 0
    for image in images + [platform.image] {
      for disk in [image, image.afterPowerLoss] {
        let after = SimulatedPlatform(disk)
        do {
          _ = try Store.openReadOnly(directory: "copy", platform: after)
        } catch {
          continue
        }
        openedCount += 1
        try expectSame(spans, "copy", after)
      }
    }
    #expect(openedCount > 0 && openedCount < images.count)
  }

  @Test func `a directory with something in it is refused and left alone`() throws {
    let (platform, _) = try mixed()
    _ = try StoreSnapshot.take(of: "data", into: "copy", platform: platform)
    let before = contents(platform, in: "copy")
    let error = try #require(throws: StoreError.self) {
      try StoreSnapshot.take(of: "data", into: "copy", platform: platform)
    }
    #expect("\(error)" == "cannot open copy: it is not empty; name a directory that is new or empty")
    #expect(contents(platform, in: "copy") == before)
  }
}
