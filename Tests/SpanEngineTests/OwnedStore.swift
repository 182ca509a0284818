import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// A store whose only full segment has requests of three owners, and what it looks like while that is sealed.
struct OwnedStore {
  static let directory = CrashWorkload.directory

  let disk: SimulatedDisk
  /// Before each call that changes something while the segment is sealed, and after the last.
  let sealing: [SimulatedDisk]
  let requests: [GeneratedRequest]
  let owners = OwnersByTurns(count: 3)

  init(requestCount: Int = 7) throws {
    let platform = SimulatedPlatform(seed: 801)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 802)
    requests = (0..<requestCount).map { _ in generator.request() }
    for (number, request) in requests.enumerated() { try stepped.append(request, of: owners[number]) }
    try stepped.close()
    disk = platform.image
    sealing = try Self.seal(disk)
  }

  private static func seal(_ disk: SimulatedDisk) throws -> [SimulatedDisk] {
    let platform = SimulatedPlatform(disk, seed: 803)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var images: [SimulatedDisk] = []
    platform.observe { call, _, disk in
      if call.isChange { images.append(disk) }
      return nil
    }
    #expect(try stepped.sealNext())
    platform.observe { _, _, _ in nil }
    return images + [platform.image]
  }

  /// Where there is a set, and so many of its outputs have no name of their own yet.
  func committed(waiting: Int) throws -> SimulatedDisk {
    try #require(
      sealing.first { disk in
        let waitingCount = disk.paths.count { $0.hasSuffix(".sealed.tmp") }
        return Self.setPath(on: disk) != nil && waitingCount == waiting
      })
  }

  static func setPath(on disk: SimulatedDisk) -> String? { disk.paths.first { $0.hasSuffix(".set") } }

  func spans(of tenant: UInt32) -> Set<GeneratedSpan> {
    Set(requests.indices.filter { owners[$0].tenant == tenant }.flatMap { requests[$0].spans })
  }

  /// Whether each tenant finds its spans, each once, and no other.
  func isWhole(_ store: Store) throws -> Bool {
    let spanCount = requests.reduce(0) { $0 + $1.spans.count }
    return try owners.tenants.allSatisfy { try store.allSpans(tenant: $0) == spans(of: $0) }
      && store.statistics().storedSpanCount == UInt64(spanCount)
  }

  /// A machine on which changing anything in the directory is a failure.
  static func untouchable(_ disk: SimulatedDisk) -> SimulatedPlatform {
    let platform = SimulatedPlatform(disk)
    platform.observe { call, _, _ in
      #expect(!call.isChange || call == .sync || call == .syncDirectory, "the tool changes something")
      return nil
    }
    return platform
  }
}
