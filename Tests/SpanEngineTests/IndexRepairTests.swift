import SpanEngine
import SpanModel
import SpanTestKit
import Testing

struct IndexRepairTests {
  @Test func `a segment that is damaged like its index is read once, not for every read that meets both`()
    throws
  {
    let platform = SimulatedPlatform(seed: 111)
    var generator = RequestGenerator(seed: 112)
    generator.shape.traceIDs = (1...40).map { TraceID(high: 1, low: $0) }
    do {
      let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
      for _ in 0..<12 { try stepped.append(generator.request()) }
      try stepped.close()
    }
    var disk = platform.image
    let segment = try #require(disk.paths.first { $0.hasSuffix(".active") })
    let index = try #require(disk.paths.first { $0.hasSuffix(".index") })
    // The body of the first request, and the first page of entries.
    for (path, position) in [(segment, 4096 + 128 + 110), (index, 8192 + 20)] {
      var bytes = try #require(disk.contents(of: path))
      bytes[position] ^= 1
      disk.overwrite(path, with: bytes)
    }
    let damaged = SimulatedPlatform(disk)
    let store = try Store.openReadOnly(directory: CrashWorkload.directory, platform: damaged)
    var callCounts: [Int] = []
    for number in 1...3 {
      let before = damaged.callCount
      let error = try #require(throws: StoreError.self) {
        try store.spans(of: TraceID(high: 1, low: UInt64(number)))
      }
      guard case .corrupt(let damage) = error else { throw error }
      #expect(segment.hasSuffix(damage.file))
      callCounts.append(damaged.callCount - before)
    }
    #expect(callCounts[0] > callCounts[1] && callCounts[1] == 1 && callCounts[2] == 1, "\(callCounts)")
  }
}
