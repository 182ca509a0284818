import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// A reader that knows nothing but `docs/format.md` reads what was written.
struct PlainSealedReaderTests {
  @Test(arguments: RecordedRequests.names)
  func `recorded spans read the same from the page`(name: String) throws {
    let requests = try RecordedRequests(named: name).requests
    let sealed = try SealedBytes(Array(requests.prefix(max(10, 200 / Dose.share))))
    let differing = zip(try PlainSealedReader(sealed.bytes).members, sealed.members).first { $0 != $1 }
    #expect(differing == nil)
    let plain = try PlainSealedReader(sealed.bytes)
    #expect(plain.members.count == sealed.members.count)
    #expect(plain.tagFilters.count == Int(sealed.footer.rowGroupCount))
    for (member, place) in zip(plain.members, plain.places) {
      let tags = plain.tags.tags(of: member.span) + [plain.tags.tag(7, word: UInt64(place.scope))]
      #expect(tags.allSatisfy { PlainTags.mayContain($0, plain.tagFilters[place.group]) })
    }
    #expect(try plain.edges == SealedReading(sealed.bytes).edges.map { PlainEdges($0) })
  }

  @Test(arguments: [UInt64](1...8))
  func `spans of every kind read the same from the page`(seed: UInt64) throws {
    var spans = OddSpans(seed: seed)
    let members = (0..<4_000 / Dose.share).map { number in
      let traceID = TraceID(high: 1, low: UInt64(number / 20))
      return SealedBytes.Member(traceID, UInt64(number), spans.span(traceID, UInt64(number)))
    }
    var options = SegmentEncoder.Options()
    options.rowGroupByteCount = seed % 2 == 0 ? 20_000 : 256 << 10
    let sealed = try SealedBytes(members, options: options)
    let plain = try PlainSealedReader(sealed.bytes).members
    #expect(plain.map(\.span) == sealed.members.map(\.span))
    let read = try SealedReading(sealed.bytes).members
    #expect(plain == read)
  }

  @Test func `a trace filter answers as the page says`() throws {
    var random = SeededRandom(seed: 9)
    for count in [0, 1, 2, 100, 12_000, 300_000] {
      let hashes = (0..<count).map { _ in random.next() }
      var bytes: [UInt8] = []
      var builder = FuseFilterBuilder()
      hashes.withUnsafeBufferPointer { builder.build($0, seed: 3, into: &bytes) }
      let filter = try SealedTraceFilter(decoding: bytes)
      let plain = PlainTraceFilter(bytes)
      for hash in hashes.prefix(1000) { #expect(plain.mayContain(hash)) }
      for _ in 0..<1000 {
        let hash = random.next()
        #expect(plain.mayContain(hash) == filter.mayContain(hash))
      }
    }
  }
}
