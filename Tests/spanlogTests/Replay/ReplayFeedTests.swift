import SpanModel
import SpanTestKit
import SpanWire
import Testing

@testable import spanlog

struct ReplayFeedTests {
  private typealias Read = (sequence: UInt64, spanCount: Int)

  @Test func `without flags requests come as they are, in pace with their arrival`() throws {
    var generator = RequestGenerator(seed: 1)
    let sent = (0..<20).map { _ in generator.request() }
    let found = try ReplayFeed(sent.map(\.bytes)).all()
    #expect(found.map(\.bytes) == sent.map(\.bytes) && found.map(\.spanCount) == sent.map(\.spans.count))
    #expect(found.map(\.time.nanoseconds) == (1...20).map { $0 * 1_000_000_000 })
    #expect(
      found[3].parts == [ReplayRequest.Part(sequence: RecordSequence(4), spanCount: sent[3].spans.count)])
  }

  // MARK: Selection

  @Test(
    arguments: [
      (20, nil, [2, 3]), (nil, 20, [1]), (10, 30, [1, 2]), (31, nil, []), (0, .max, [1, 2, 3]),
    ] as [(UInt64?, UInt64?, [UInt64])])
  func `spans are selected by their start, the end of the range left out`(
    since: UInt64?, until: UInt64?, ids: [UInt64]
  ) throws {
    var options = ReplayFeed.Options()
    options.selection.since = since.map(Timestamp.init(nanoseconds:))
    options.selection.until = until.map(Timestamp.init(nanoseconds:))
    let request = SampleSpan.request((1...3).map { SampleSpan(id: $0, start: 10 * $0) })
    var read: [Read] = []
    let feed = ReplayFeed([request], options) { read.append(($0.rawValue, $1)) }
    let found = try feed.all()
    #expect(try found.flatMap { try spans(in: $0.bytes).map(\.spanID) } == ids.map { SpanID($0) })
    #expect(feed.unselectedSpanCount == 3 - ids.count)
    // A record of which nothing is selected is done with, too.
    #expect(read.map(\.spanCount) == [ids.count])
    if ids.count == 3 { #expect(found[0].bytes == request) }
  }

  @Test func `spans are selected by the service of their resource, byte for byte`() throws {
    var options = ReplayFeed.Options()
    options.selection.service = "b"
    let a = SampleSpan.request(service: "a", [SampleSpan(id: 1)])
    let b = SampleSpan.request(service: "b", [SampleSpan(id: 2)])
    let feed = ReplayFeed([a + b + a, a, b], options)
    #expect(try feed.all().map(\.bytes) == [b, b])
    #expect(feed.unselectedSpanCount == 3)
  }

  @Test func `spans left over of a request keep their envelopes`() throws {
    var generator = RequestGenerator(seed: 9)
    generator.shape.resources = 3...3
    generator.shape.scopes = 2...3
    generator.shape.spans = 3...5
    let request = generator.request()
    var opened = OpenedRequest()
    try opened.open(request.bytes)
    for stride in 1...4 {
      let numbers = Array(Swift.stride(from: stride - 1, to: request.spans.count, by: stride))
      #expect(try decodeAnswer(opened.request(of: numbers)) == numbers.map { request.spans[$0] })
    }
    #expect(opened.request(of: []).isEmpty)
  }

  // MARK: Order

  private func ended(_ ends: [[UInt64]], window: UInt64) throws -> (ends: [UInt64], late: Int) {
    var options = ReplayFeed.Options()
    options.endWindow = window
    let requests = ends.enumerated().map { number, ends in
      SampleSpan.request(ends.enumerated().map { SampleSpan(id: UInt64(number * 100 + $0 + 1), end: $1) })
    }
    let feed = ReplayFeed(requests, options)
    return (try feed.all().flatMap { try spans(in: $0.bytes).map(\.end.nanoseconds) }, feed.lateSpanCount)
  }

  @Test func `within the window spans come by their ends, over requests`() throws {
    let (ends, late) = try ended([[5, 1, 9], [3, 7, 2], [12, 6]], window: 10)
    #expect(ends == [1, 2, 3, 5, 6, 7, 9, 12] && late == 0)
  }

  @Test func `what comes later than the window goes out as it comes, and is counted`() throws {
    let (ends, late) = try ended([[1, 100], [50], [200], [20], [210]], window: 60)
    #expect(ends == [1, 50, 100, 20, 200, 210] && late == 1)
  }

  @Test func `with a window of nothing the order of requests stays`() throws {
    let (ends, late) = try ended([[1], [3], [2], [4]], window: 0)
    #expect(ends == [1, 3, 2, 4] && late == 1)
  }

  @Test func `requests in order of ends have at most 512 spans, a second and a MiB`() throws {
    var options = ReplayFeed.Options()
    options.endWindow = 10_000_000_000
    let many = SampleSpan.request((1...1000).map { SampleSpan(id: $0, end: 5) })
    let late = SampleSpan.request([
      SampleSpan(id: 1, end: 2_000_000_006), SampleSpan(id: 2, end: 1_000_000_005),
    ])
    let found = try ReplayFeed([many, late], options).all()
    #expect(found.map(\.spanCount) == [512, 489, 1])
    #expect(found.map(\.time.nanoseconds) == [5, 5, 2_000_000_006])
    #expect(
      found.map(\.parts) == [
        [ReplayRequest.Part(sequence: RecordSequence(1), spanCount: 512)],
        [
          ReplayRequest.Part(sequence: RecordSequence(1), spanCount: 488),
          ReplayRequest.Part(sequence: RecordSequence(2), spanCount: 1),
        ],
        [ReplayRequest.Part(sequence: RecordSequence(2), spanCount: 1)],
      ])
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `in order of ends every span comes once, in its envelopes`(seed: UInt64) throws {
    var generator = RequestGenerator(seed: seed)
    let sent = (0..<30).map { _ in generator.request() }
    var options = ReplayFeed.Options()
    options.endWindow = .max
    let found = try ReplayFeed(sent.map(\.bytes), options).all().flatMap { try decodeAnswer($0.bytes) }
    let all = sent.flatMap(\.spans)
    #expect(found.count == all.count && Set(found) == Set(all))
  }

  @Test func `a full memory lets spans go before the window does`() {
    var order = EndOrder(window: .max, byteCountMax: 1000)
    let envelopes = SpanEnvelopes(resource: [], scope: [])
    var ends: [UInt64] = []
    for end in [9, 8, 7, 6, 5, 4, 3, 2, 1] as [UInt64] {
      order.add(
        EndOrder.Held(
          end: Timestamp(nanoseconds: end), sequence: RecordSequence(1),
          bytes: [UInt8](repeating: 0, count: 304), envelopes: envelopes))
      while let span = order.popReady() { ends.append(span.end.nanoseconds) }
    }
    #expect(ends == [7, 6, 5, 4, 3, 2, 1] && order.lateSpanCount == 6)
    #expect(order.pop()?.end.nanoseconds == 8 && order.pop()?.end.nanoseconds == 9 && order.pop() == nil)
  }

  // MARK: Shift

  @Test func `the first span is now, and all others keep their distance to it`() throws {
    var options = ReplayFeed.Options()
    options.shift = .toNow
    let first = SampleSpan.request([
      SampleSpan(id: 1, start: 70, end: 90), SampleSpan(id: 2, start: 50, end: 60),
    ])
    let second = SampleSpan.request([SampleSpan(id: 3, start: 40, end: 100)])
    let feed = ReplayFeed([first, second], options, now: 1050)
    let found = try feed.all().flatMap { try spans(in: $0.bytes) }
    #expect(found.map(\.start.nanoseconds) == [1070, 1050, 1040])
    #expect(found.map(\.end.nanoseconds) == [1090, 1060, 1100] && feed.shift == 1000)
  }
}
