import SpanEngine
import SpanModel
import SpanTestKit
import Testing

/// A file that is used a second time, as it is and as it was.
struct RecycledFile {
  let present: [UInt8]
  /// When it was full, in its life before.
  let earlier: [UInt8]
  private let disk: SimulatedDisk
  private let path: String
  private let expected: [TraceID: Set<GeneratedSpan>]

  init() throws {
    let platform = SimulatedPlatform(seed: 41)
    var options = CrashWorkload.options
    options.retainByteCount = options.retainByteCountMin
    let stepped = try SteppedStore(options, platform: platform)
    var generator = RequestGenerator(seed: 23)
    generator.shape.textByteCount = 300...700
    var full: [[UInt8]] = []
    // Until a file has come back and is written to again.
    var sent: [GeneratedRequest] = []
    while stepped.store.statistics().recycledFileCount < 2 {
      let request = generator.request()
      sent.append(request)
      let rolledBefore = stepped.store.statistics().fullSegmentCount
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
      if stepped.store.statistics().fullSegmentCount > rolledBefore { full.append(try Self.oldest(platform)) }
    }
    var disk = platform.image
    disk.removeIndexes()
    let active = try #require(disk.paths.filter { $0.hasSuffix(".active") }.last)
    let bytes = try #require(disk.contents(of: active))
    self.disk = disk
    path = active
    present = bytes
    earlier = try #require(full.last)
    let store = try Store.openReadOnly(
      directory: CrashWorkload.directory, platform: SimulatedPlatform(disk))
    var expected: [TraceID: Set<GeneratedSpan>] = [:]
    for traceID in try store.traceIDs() { expected[traceID] = Set(try store.spans(of: traceID)) }
    self.expected = expected
  }

  /// The file that goes next.
  private static func oldest(_ platform: SimulatedPlatform) throws -> [UInt8] {
    let path = try #require(platform.image.paths.first { $0.hasSuffix(".active") })
    return try #require(platform.image.contents(of: path))
  }

  /// Every trace reads as it was written, or the damage is named.
  func check(_ mutant: [UInt8], _ what: String) throws {
    var damaged = disk
    damaged.overwrite(path, with: mutant)
    let store = try Store.openReadOnly(
      directory: CrashWorkload.directory, platform: SimulatedPlatform(damaged))
    let isReported = store.statistics().damageCount > 0
    for (traceID, spans) in expected {
      do {
        let found = Set(try store.spans(of: traceID))
        #expect(found.isSubset(of: spans), "a wrong answer: \(what)")
        if found != spans { #expect(isReported, "spans are missing and nothing says so: \(what)") }
      } catch StoreError.corrupt {
        #expect(isReported, "found when reading, missed when opening: \(what)")
      }
    }
  }
}
