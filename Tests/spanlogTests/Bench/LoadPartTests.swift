import SpanModel
import Testing

@testable import spanlog

struct LoadScheduleTests {
  private let start = ContinuousClock().now

  private func schedule(rate: Double?, number: Int = 0, of count: Int = 1) -> LoadSchedule {
    LoadSchedule(
      from: start, until: start + .seconds(10), rate: rate, spansPerRequest: 100, senderNumber: number,
      senderCount: count)
  }

  @Test func `with a rate requests are due at even distances, however late those before were`() {
    var schedule = schedule(rate: 1000)
    for number in 0..<3 {
      let due = schedule.next(at: start + .seconds(5)) ?? start
      #expect(abs((due - start) / .milliseconds(1) - Double(100 * number)) < 0.001)
      schedule.advance(spanCount: 100)
    }
  }

  @Test func `senders are due in turn, and together at the rate`() {
    for number in 0..<4 {
      var schedule = schedule(rate: 1000, number: number, of: 4)
      schedule.advance(spanCount: 100)
      let due = schedule.next(at: start) ?? start
      #expect(abs((due - start) / .milliseconds(1) - Double(400 + 100 * number)) < 0.001)
    }
  }

  @Test func `without a rate a request is due at once, and nothing is late`() {
    let schedule = schedule(rate: nil)
    #expect(schedule.next(at: start + .seconds(3)) == start + .seconds(3))
    #expect(schedule.next(at: start + .seconds(10)) == nil && schedule.isOver(at: start + .seconds(10)))
    #expect(schedule.lateCount(at: start + .seconds(10), spansPerRequest: 100) == 0)
  }

  @Test func `what was due before the end and not sent is counted`() {
    var schedule = schedule(rate: 1000)
    for _ in 0..<70 { schedule.advance(spanCount: 100) }
    #expect(schedule.lateCount(at: start + .seconds(10), spansPerRequest: 100) == 31)
    #expect(schedule.next(at: start + .seconds(10)) == nil)
  }
}

struct TraceSampleTests {
  @Test func `a sample is no larger than asked for, and of traces that were acked`() throws {
    let requests = try CorpusSource.synthetic(spansPerRequest: 64).requests(seed: 1)
    let corpus = try LoadCorpus(requests, seed: 1, lentCountMax: 1)
    var acked: Set<TraceID> = []
    var samples = [TraceSample(countMax: 20, seed: 1), TraceSample(countMax: 20, seed: 2)]
    for number in 0..<40 {
      let lent = corpus.take()
      for span in 0..<lent.request.spanCount { acked.insert(lent.request.traceID(ofSpan: span)) }
      samples[number % 2].add(lent.request)
      corpus.giveBack(lent)
    }
    samples[0].add(samples[1])
    #expect(samples[0].traceIDs.count == 20 && acked.isSuperset(of: samples[0].traceIDs))
  }
}

struct DistinctCountTests {
  @Test func `few hashes are counted exactly, many within three percent`() {
    var random = SplitMix(state: 1)
    var count = DistinctCount(exactCountMax: 1000)
    let hashes = (0..<200_000).map { _ in random.next() }
    for hash in hashes.prefix(1000) + hashes.prefix(500) { count.add(hash) }
    #expect(count.count == 1000 && !count.isEstimate)
    for hash in hashes + hashes { count.add(hash) }
    #expect(count.isEstimate && abs(Double(count.count) - 200_000) < 6000)
  }
}

struct TimedLoopTests {
  @Test func `the body runs at least once, and all runs are counted`() {
    var count = 0
    let loop = TimedLoop(for: .zero) { count += 1 }
    #expect(count == 1 && loop.durations.count == 1 && loop.median == loop.total)
  }
}
