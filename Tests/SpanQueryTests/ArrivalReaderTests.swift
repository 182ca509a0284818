import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import SpanWire
import Testing

struct ArrivalReaderTests {
  /// Requests committed by turns to some lanes, and the disk they are on.
  private struct Filled {
    var disk: SimulatedDisk
    var requests: [GeneratedRequest] = []
    /// What is deleted; one of those that the generator makes spans of.
    static let deleted = TraceID(high: 7, low: 3)

    init(
      laneCount: Int, requestCount: Int, keepsIndexes: Bool = true, sealsOnceIn: Int? = nil,
      deletesAt: Int? = nil
    ) throws {
      let platform = SimulatedPlatform(seed: 3)
      var options = StoreOptions(directory: "data")
      options.segmentByteCount = StoreOptions.segmentByteCountMin
      options.laneCount = laneCount
      let stepped = try SteppedStore(options, platform: platform)
      var generator = RequestGenerator(seed: 4)
      var random = SeededRandom(seed: 5)
      for number in 0..<requestCount {
        if number == deletesAt { _ = try stepped.delete(Self.deleted) }
        // Some do not fit a file and get one made to measure; files are made ahead of those.
        generator.shape.spans = number % 7 == 6 ? 300...300 : 5...20
        generator.shape.textByteCount = number % 7 == 6 ? 300...400 : 0...40
        requests.append(generator.request())
        let lane = Int.random(in: 0..<laneCount, using: &random)
        _ = try stepped.commit([try stepped.prepare(RequestBuffer(requests[number].bytes))], lane: lane)
        if random.once(in: 3) { try stepped.prepareSpare(lane: lane) }
        if let sealsOnceIn, random.once(in: sealsOnceIn) { _ = try stepped.sealNext() }
      }
      try stepped.close()
      disk = platform.image
      if !keepsIndexes { disk.removeIndexes() }
    }

    func store() throws -> Store {
      try Store.openReadOnly(directory: "data", platform: SimulatedPlatform(disk))
    }
  }

  private static func all(_ reader: ArrivalReader) throws -> [ArrivedRequest] {
    var requests: [ArrivedRequest] = []
    while let request = try reader.next() { requests.append(request) }
    return requests
  }

  @Test(arguments: [1, 3], [true, false])
  func `requests of all lanes come byte for byte in the order they arrived in`(lanes: Int, hasIndexes: Bool)
    throws
  {
    let filled = try Filled(laneCount: lanes, requestCount: 100, keepsIndexes: hasIndexes)
    let reader = ArrivalReader(store: try filled.store())
    let found = try Self.all(reader)
    #expect(found.map(\.bytes) == filled.requests.map(\.bytes))
    #expect(found.map(\.spanCount) == filled.requests.map(\.spans.count))
    #expect(found.map(\.sequence.rawValue) == Array(1...100))
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.arrival < $1.arrival })
    #expect(reader.damages.isEmpty && reader.position == reader.byteCount)
  }

  @Test(arguments: [1, 3], [2, 5, 20])
  func `requests whose spans are sealed come in the order they arrived in, with all their spans`(
    lanes: Int, sealsOnceIn: Int
  ) throws {
    let filled = try Filled(laneCount: lanes, requestCount: 100, sealsOnceIn: sealsOnceIn)
    let store = try filled.store()
    #expect(store.statistics().sealedSegmentCount > 0, "nothing was sealed")
    for first in [1, 2, 50, 99] as [UInt64] {
      let reader = ArrivalReader(store: store, from: RecordSequence(first))
      let found = try Self.all(reader)
      #expect(found.map(\.sequence.rawValue) == Array(first...100))
      for (request, sent) in zip(found, filled.requests[(Int(first) - 1)...]) {
        let spans = try decodeAnswer(request.bytes)
        #expect(spans.count == sent.spans.count && Set(spans) == Set(sent.spans))
        #expect(request.spanCount == spans.count && request.lostSpanCount == 0)
      }
      #expect(zip(found, found.dropFirst()).allSatisfy { $0.arrival < $1.arrival })
      #expect(reader.damages.isEmpty && reader.position == reader.byteCount)
    }
  }

  @Test(arguments: [1, 2], [nil, 2, 20])
  func `what is deleted is left out, and what came after that is not`(lanes: Int, sealsOnceIn: Int?) throws {
    let filled = try Filled(laneCount: lanes, requestCount: 100, sealsOnceIn: sealsOnceIn, deletesAt: 60)
    let expected = filled.requests.enumerated().map { number, request in
      request.spans.filter { number >= 60 || $0.traceID != Filled.deleted }
    }
    let found = try Self.all(ArrivalReader(store: filled.store()))
    let spans = try found.map { try decodeAnswer($0.bytes) }.filter { !$0.isEmpty }
    #expect(spans.map(Set.init) == expected.filter { !$0.isEmpty }.map(Set.init))
    #expect(spans.map(\.count) == expected.map(\.count).filter { $0 > 0 })
    #expect(found.allSatisfy { $0.lostSpanCount == 0 })
    if sealsOnceIn == nil { #expect(spans == expected.filter { !$0.isEmpty }) }
  }

  @Test func `damage of a sealed segment is passed over and named, and everything else comes`() throws {
    let filled = try Filled(laneCount: 2, requestCount: 60, sealsOnceIn: 5)
    let sent = Set(filled.requests.flatMap(\.spans))
    var hitCount = 0
    for path in filled.disk.paths where path.hasSuffix(".sealed") {
      let bytes = try #require(filled.disk.contents(of: path))
      for position in stride(from: 0, to: bytes.count, by: bytes.count / 40 + 1) {
        var disk = filled.disk
        var damaged = bytes
        damaged[position] ^= 1
        disk.overwrite(path, with: damaged)
        let store = try Store.openReadOnly(directory: "data", platform: SimulatedPlatform(disk))
        let reader = ArrivalReader(store: store)
        let spans = Set(try Self.all(reader).flatMap { try decodeAnswer($0.bytes) })
        #expect(spans.isSubset(of: sent))
        if spans != sent {
          #expect(!reader.damages.isEmpty || !store.unreadable.isEmpty, "\(path) \(position)")
        }
        if spans != sent { hitCount += 1 }
      }
    }
    #expect(hitCount > 10)
  }

  @Test(arguments: [1, 37, 100, 101] as [UInt64])
  func `reading begins where it is told to`(first: UInt64) throws {
    let filled = try Filled(laneCount: 2, requestCount: 100)
    let found = try Self.all(ArrivalReader(store: filled.store(), from: RecordSequence(first)))
    #expect(found.map(\.bytes) == filled.requests.dropFirst(Int(first) - 1).map(\.bytes))
  }

  @Test func `spans that were refused stay out, the others are in their envelopes in order`() throws {
    let platform = SimulatedPlatform(seed: 3)
    let stepped = try SteppedStore(StoreOptions(directory: "data"), platform: platform)
    var generator = RequestGenerator(seed: 4)
    generator.shape.spans = 4...9
    let request = generator.request()
    // The first span of each scope loses the first byte of its trace id's length.
    var bytes = request.bytes
    var refused: Set<GeneratedSpan> = []
    for span in request.spans
    where refused.allSatisfy({ ($0.scope, $0.resource) != (span.scope, span.resource) }) {
      refused.insert(span)
    }
    for span in refused {
      let place = try #require(bytes.firstRange(of: span.bytes)).lowerBound
      // Its trace id becomes a field that nobody knows: 13 instead of 1.
      bytes[place] = 0x6a
    }
    _ = try stepped.commit([try stepped.prepare(RequestBuffer(bytes))])
    try stepped.close()
    let store = try Store.openReadOnly(directory: "data", platform: platform)
    let found = try #require(try ArrivalReader(store: store).next())
    #expect(try decodeAnswer(found.bytes) == request.spans.filter { !refused.contains($0) })
    #expect(found.spanCount == request.spans.count - refused.count && found.lostSpanCount == 0)
  }

  @Test func `damage is passed over and named, and everything else comes`() throws {
    let filled = try Filled(laneCount: 2, requestCount: 30)
    let sent = filled.requests.flatMap(\.spans)
    var lostCounts: Set<Int> = []
    for path in filled.disk.paths where path.hasSuffix(".active") {
      let bytes = try #require(filled.disk.contents(of: path))
      for position in stride(from: 16384 + 200, to: bytes.count, by: 3001) where bytes[position] != 0 {
        var disk = filled.disk
        var damaged = bytes
        damaged[position] ^= 1
        disk.overwrite(path, with: damaged)
        let reader = ArrivalReader(
          store: try Store.openReadOnly(directory: "data", platform: SimulatedPlatform(disk)))
        let found = try Self.all(reader)
        let spans = try found.flatMap { try decodeAnswer($0.bytes) }
        #expect(!reader.damages.isEmpty, "\(path) \(position)")
        #expect(Set(spans).isSubset(of: sent))
        let lost = found.reduce(0) { $0 + $1.lostSpanCount }
        #expect(spans.count == found.reduce(0) { $0 + $1.spanCount })
        #expect(spans.count + lost <= sent.count && spans.count > sent.count / 2)
        lostCounts.insert(lost)
      }
    }
    #expect(lostCounts.contains { $0 > 0 } && lostCounts.contains(0), "no page of a body was hit")
  }
}
