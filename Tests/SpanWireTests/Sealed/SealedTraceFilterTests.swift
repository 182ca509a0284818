import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// A sealed segment says quickly which traces it does not hold.
struct SealedTraceFilterTests {
  @Test func `every trace of a segment may be in it, and hardly any other`() throws {
    var generator = RequestGenerator(seed: 31)
    let sealed = try SealedBytes((0..<200).map { _ in generator.request().bytes })
    let filter = try SealedTraceFilter(decoding: rawFilter(of: sealed))
    let hash = TraceIDHash(key: SealedBytes.hashKey)
    let traces = Set(sealed.members.map(\.traceID))
    #expect(filter.keyCount == traces.count)
    #expect(traces.allSatisfy { filter.mayContain(hash.hash(of: $0)) })
    var random = SeededRandom(seed: 32)
    let wrongCount = (0..<10_000).count { _ in filter.mayContain(random.next()) }
    #expect(wrongCount < 100)
  }

  @Test func `a segment without spans holds no trace`() throws {
    let filter = try SealedTraceFilter(decoding: rawFilter(of: try SealedBytes([SealedBytes.Member]())))
    #expect(filter.keyCount == 0)
    #expect(!(0..<1000).contains { filter.mayContain($0) })
  }

  @Test func `a filter with bytes behind it or missing is damage`() throws {
    var generator = RequestGenerator(seed: 33)
    let raw = try rawFilter(of: try SealedBytes((0..<20).map { _ in generator.request().bytes }))
    #expect(throws: FormatError.field("trace filter")) { try SealedTraceFilter(decoding: raw + [0]) }
    for count in 0..<raw.count {
      #expect(throws: FormatError.self) { try SealedTraceFilter(decoding: Array(raw.prefix(count))) }
    }
  }

  private func rawFilter(of sealed: SealedBytes) throws -> [UInt8] {
    let layout = try SealedReading(sealed.bytes).layout
    let section = try #require(layout.section(.traceFilter))
    #expect(!section.isRequired)
    let bytes = sealed.bytes[Int(section.position)...].prefix(Int(section.byteCount))
    return try bytes.withUnsafeBytes { try SealedLayout.block($0, layout.footer.salt, at: section.position) }
  }
}
