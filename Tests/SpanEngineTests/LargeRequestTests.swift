import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import Testing

/// Requests whose bodies and directories take many pages.
struct LargeRequestTests {
  /// A store with one request of two resources, and its file.
  private static func store(spans: Int, textByteCount: Int, traces: UInt64) throws -> (
    SimulatedDisk, GeneratedRequest
  ) {
    let platform = SimulatedPlatform(seed: 1)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 2)
    generator.shape.resources = 2...2
    generator.shape.scopes = 2...2
    generator.shape.spans = spans...spans
    generator.shape.textByteCount = textByteCount...textByteCount
    generator.shape.traceIDs = (1...traces).map { TraceID(high: 3, low: $0) }
    let request = generator.request()
    #expect(try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))]) == 1)
    try stepped.close()
    return (platform.image, request)
  }

  private static func open(_ disk: SimulatedDisk) throws -> Store {
    try Store.openReadOnly(directory: CrashWorkload.directory, platform: SimulatedPlatform(disk))
  }

  @Test(arguments: [false, true])
  func `frames of small and large requests are read back from disks of either sector size`(
    takesWholePagesOnly: Bool
  ) throws {
    let platform = SimulatedPlatform(seed: 8, takesWholePagesOnly: takesWholePagesOnly)
    var options = CrashWorkload.options
    options.segmentByteCount = 16 << 20
    var generator = RequestGenerator(seed: 12)
    var sent: Set<GeneratedSpan> = []
    do {
      let stepped = try SteppedStore(options, platform: platform)
      for frame in 0..<6 {
        // In the last frames, more than is copied or written at once.
        let requests = (0..<[1, 3, 20, 60, 600, 300][frame]).map { number in
          let isLarge = frame == 4 ? false : number % 3 == frame % 3
          generator.shape.textByteCount = isLarge ? 5000...5100 : 300...900
          return generator.request()
        }
        let appends = try requests.map { try stepped.prepare(RequestBuffer($0.bytes)) }
        var done = 0
        while done < appends.count { done += try stepped.commit(appends[done...]) }
        sent.formUnion(requests.flatMap(\.spans))
      }
      try stepped.close()
    }
    let found = try Self.open(platform.image)
    #expect(try Set(found.traceIDs().flatMap { try found.spans(of: $0) }) == sent)
    let verified = try StoreVerification.verify(directory: CrashWorkload.directory, platform: platform)
    #expect(verified.isWhole, "\(verified.damages)")
  }

  @Test(arguments: [true, false])
  func `more than is copied at once, behind a body, is written to a disk of large sectors`(
    takesWholePiecesOnly: Bool
  ) throws {
    let platform = LargeSectorPlatform(takesWholePiecesOnly: takesWholePiecesOnly)
    var options = CrashWorkload.options
    options.segmentByteCount = 32 << 20
    options.frameByteCountMax = 24 << 20
    let stepped = try SteppedStore(options, platform: platform)
    var generator = RequestGenerator(seed: 13)
    generator.shape.spans = 6...6
    // The body of the first is written from where it is; of the others more is copied than there is room for.
    let requests = (0..<400).map { number in
      generator.shape.textByteCount = number % 150 == 0 ? 9001...9001 : 1100...1300
      return generator.request()
    }
    let appends = try requests.map { try stepped.prepare(RequestBuffer($0.bytes)) }
    #expect(try stepped.commit(appends[...]) == appends.count)
    try stepped.close()
    #expect(platform.refusedCount > 0)
    let found = try Self.open(platform.simulated.image)
    #expect(try found.allSpans() == Set(requests.flatMap(\.spans)))
    let verified = try StoreVerification.verify(
      directory: CrashWorkload.directory, platform: platform.simulated)
    #expect(verified.isWhole, "\(verified.damages)")
  }

  @Test func `a directory of many pages leads to every span`() throws {
    let (disk, request) = try Self.store(spans: 4000, textByteCount: 3, traces: 9000)
    let store = try Self.open(disk)
    for (traceID, spans) in Dictionary(grouping: request.spans, by: \.traceID) {
      #expect(try store.spans(of: traceID) == spans)
    }
  }

  @Test(arguments: [1, 5000, 1 << 20])
  func `a trace of many pages comes whole in chunks of any size`(chunkByteCount: Int) throws {
    let (disk, request) = try Self.store(spans: 150, textByteCount: 900, traces: 1)
    let store = try Self.open(disk)
    #expect(try store.spans(of: request.spans[0].traceID, chunkByteCount: chunkByteCount) == request.spans)
  }

  @Test func `with any one page damaged every span that comes back is one that was sent, in its envelopes`()
    throws
  {
    let (disk, request) = try Self.store(spans: 60, textByteCount: 500, traces: 20)
    let path = try #require(disk.paths.first { $0.hasSuffix(".active") })
    let bytes = try #require(disk.contents(of: path))
    let sent = Set(request.spans)
    var damagedCount = 0
    for position in stride(from: 4096 + 128, to: bytes.count, by: 1021) {
      var mutant = bytes
      mutant[position] ^= 0x10
      var damaged = disk
      damaged.overwrite(path, with: mutant)
      let store = try Self.open(damaged)
      for number in 1...20 {
        let reader = try Self.read(store, TraceID(high: 3, low: UInt64(number)))
        #expect(sent.isSuperset(of: reader.spans), "byte \(position)")
        let wanted = request.spans.filter { $0.traceID == TraceID(high: 3, low: UInt64(number)) }
        #expect(reader.spans == wanted || reader.isDamaged || !store.damages.isEmpty, "byte \(position)")
        if reader.isDamaged { damagedCount += 1 }
      }
    }
    #expect(damagedCount > 0)
  }

  /// Everything that a read returns before it reports damage.
  private static func read(_ store: Store, _ traceID: TraceID) throws -> (
    spans: [GeneratedSpan], isDamaged: Bool
  ) {
    let reader = TraceReader(store: store, traceID: traceID)
    var spans: [GeneratedSpan] = []
    do {
      while let chunk = try reader.nextChunk() { spans += try decodeAnswer(chunk.bytes) }
    } catch StoreError.corrupt {
      return (spans, true)
    }
    return (spans, false)
  }
}
