import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// What is put into a new store of one that is damaged.
struct StoreSalvageTests {
  /// Parts of the mutants, so that they run side by side.
  static let parts = 0..<4

  private static func options() -> StoreOptions {
    var options = StoreOptions(directory: "saved")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    options.sealsFullSegments = false
    return options
  }

  /// Saves what can be read, and reads that.
  private func saved(_ platform: SimulatedPlatform, of traceIDs: Set<TraceID>) throws -> [TraceID:
    [GeneratedSpan]]
  {
    _ = try StoreSalvage.save(from: "data", into: Self.options(), platform: platform)
    let store = try Store.openReadOnly(directory: "saved", platform: platform)
    #expect(store.statistics().damageCount == 0)
    return try Dictionary(
      uniqueKeysWithValues: traceIDs.map { ($0, try store.spans(of: $0)) })
  }

  private func contents(_ platform: SimulatedPlatform) -> [String: [UInt8]] {
    let image = platform.image
    let paths = image.paths.filter { $0.hasPrefix("data/") }
    return Dictionary(uniqueKeysWithValues: paths.map { ($0, image.contents(of: $0) ?? []) })
  }

  @Test func `of a whole store everything is saved, in order and with its times of arrival`() throws {
    let subject = try SealedStore()
    let platform = subject.platform()
    let before = contents(platform)
    let spans = try saved(platform, of: subject.traceIDs)
    #expect(contents(platform) == before)
    for (traceID, found) in spans {
      #expect(Set(found) == Set(subject.requests.flatMap(\.spans).filter { $0.traceID == traceID }))
    }
    var arrivals: [Timestamp] = []
    for name in try SegmentInspection.segmentNames(in: "saved", platform: platform) {
      try SegmentInspection.inspect(name, in: "saved", platform: platform) { item in
        if case .record(_, let header, _) = item { arrivals.append(header.arrival) }
      }
    }
    #expect(arrivals == subject.requests.indices.map { SealedStore.arrival(of: $0) })
  }

  @Test(arguments: parts)
  func `of a byte that is changed in a row group its traces are lost, of any other none`(part: Int)
    throws
  {
    let subject = try SealedStore(requestCount: 4)
    let expected = Dictionary(grouping: subject.requests.flatMap(\.spans), by: \.traceID)
    let end = try #require(subject.parts().first { $0.name == "rowGroups" }).end
    var untouchedCount = 0
    for byte in stride(from: part, to: subject.bytes.count, by: Self.parts.count * Dose.share) {
      var mutant = subject.bytes
      mutant[byte] ^= 0x10
      let found = try saved(subject.platform(mutant), of: subject.traceIDs)
      let touched = Set(try subject.verify(mutant).affectedTraces)
      for (traceID, spans) in found {
        #expect(Set(spans).isSubset(of: expected[traceID] ?? []), "a wrong answer: byte \(byte)")
        // Of a section a single byte is put right, so that nothing is lost. The keys of a row group say whose
        // it is; without them nobody knows.
        let isSaved = byte >= end || byte < SealedFooter.byteCount
        guard isSaved || !touched.isEmpty && !touched.contains(traceID) else { continue }
        untouchedCount += 1
        #expect(Set(spans) == Set(expected[traceID] ?? []), "byte \(byte), trace \(traceID)")
      }
    }
    #expect(untouchedCount > 0)
  }

  @Test func `what was deleted is not saved, wherever it lies, and what came later is`() throws {
    let subject = try SealedStore()
    let platform = subject.platform()
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    let deleted = try #require(subject.requests.first?.spans.first).traceID
    let stepped = try SteppedStore(options, platform: platform)
    var shape = RequestGenerator.Shape()
    shape.traceIDs = [deleted]
    var generator = RequestGenerator(seed: 8, shape: shape)
    let (before, after) = (generator.request(), generator.request())
    _ = try stepped.commit([try stepped.prepare(RequestBuffer(before.bytes))])
    _ = try stepped.delete(deleted)
    _ = try stepped.commit([try stepped.prepare(RequestBuffer(after.bytes))])
    try stepped.close()
    let spans = try saved(platform, of: subject.traceIDs)
    #expect(Set(spans[deleted] ?? []) == Set(after.spans))
    for (traceID, found) in spans where traceID != deleted {
      #expect(Set(found) == Set(subject.requests.flatMap(\.spans).filter { $0.traceID == traceID }))
    }
  }

  @Test func `a request that is damaged in part is saved in part`() throws {
    let platform = SimulatedPlatform(seed: 9)
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = 1 << 20
    var shape = RequestGenerator.Shape()
    shape.spans = 40...40
    shape.textByteCount = 800...1000
    var generator = RequestGenerator(seed: 4, shape: shape)
    let request = generator.request()
    let stepped = try SteppedStore(options, platform: platform)
    _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
    try stepped.close()
    var disk = platform.image
    let path = try #require(disk.paths.first { $0.hasSuffix(".active") })
    var bytes = try #require(disk.contents(of: path))
    // Of the last span: its page has some spans, the others are whole.
    let last = try #require(request.spans.last).bytes
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: last) })
    bytes[place + last.count / 2] ^= 1
    disk.overwrite(path, with: bytes)
    disk.removeIndexes()
    let found = try saved(SimulatedPlatform(disk), of: Set(request.spans.map(\.traceID)))
    let spans = Set(found.values.flatMap(\.self))
    #expect(spans.isSubset(of: request.spans) && !spans.contains(request.spans[request.spans.count - 1]))
    #expect(spans.count >= request.spans.count - 40 && spans.count > request.spans.count / 2)
  }
}
