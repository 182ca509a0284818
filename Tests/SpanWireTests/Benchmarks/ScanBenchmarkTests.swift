import Testing
import scan_benchmark

struct ScanBenchmarkTests {
  @Test func `the benchmark finds every span it made, and the same each time`() throws {
    let first = try run()
    #expect(first.spanCount == 2 * SyntheticCorpus.spanCount)
    #expect(try run().resultHash == first.resultHash)
  }

  @Test func `a made span is as long as those the figures are about`() throws {
    let report = try run()
    #expect((420...450).contains(report.byteCount / report.spanCount))
  }

  private func run() throws -> ScanReport {
    var corpus = SyntheticCorpus(seed: 1)
    return try ScanBenchmark(corpus: Corpus(corpus.requests(2)), repeatCount: 1).run()
  }
}
