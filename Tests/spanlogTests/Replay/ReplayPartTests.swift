import SpanModel
import SpanNet
import SpanTestKit
import SpanWire
import Testing

@testable import spanlog

struct AckedPositionTests {
  private func part(_ sequence: UInt64, _ spanCount: Int) -> ReplayRequest.Part {
    ReplayRequest.Part(sequence: RecordSequence(sequence), spanCount: spanCount)
  }

  @Test func `the position is behind the first record that waits, whatever the order of the answers`() {
    var position = AckedPosition(RecordSequence(4))
    for sequence in [5, 6, 9] as [UInt64] { position.read(RecordSequence(sequence), spanCount: 2) }
    position.acked([part(6, 2)])
    #expect(position.sequence.rawValue == 4)
    position.acked([part(5, 1)])
    #expect(position.sequence.rawValue == 4)
    position.acked([part(5, 1), part(9, 1)])
    #expect(position.sequence.rawValue == 6)
    position.acked([part(9, 1)])
    #expect(position.sequence.rawValue == 9)
  }

  @Test func `a record of which nothing is sent is done with when all before it are`() {
    var position = AckedPosition()
    position.read(RecordSequence(1), spanCount: 0)
    #expect(position.sequence.rawValue == 1)
    position.read(RecordSequence(2), spanCount: 1)
    position.read(RecordSequence(3), spanCount: 0)
    #expect(position.sequence.rawValue == 1)
    position.acked([part(2, 1)])
    #expect(position.sequence.rawValue == 3)
  }

  @Test func `behind a failure the position stays`() {
    var position = AckedPosition()
    for sequence in 1...3 as ClosedRange<UInt64> { position.read(RecordSequence(sequence), spanCount: 1) }
    position.acked([part(1, 1)])
    position.failed()
    position.acked([part(2, 1), part(3, 1)])
    position.read(RecordSequence(4), spanCount: 0)
    #expect(position.sequence.rawValue == 1)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `it is what a list of all records would say`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var position = AckedPosition()
    var waiting: [UInt64] = []
    var last: UInt64 = 0
    for _ in 0..<2000 {
      if waiting.isEmpty || Bool.random(using: &random) {
        last += UInt64.random(in: 1...3, using: &random)
        position.read(RecordSequence(last), spanCount: 1)
        waiting.append(last)
      } else {
        let place = Int.random(in: 0..<min(8, waiting.count), using: &random)
        position.acked([part(waiting.remove(at: place), 1)])
      }
      #expect(position.sequence.rawValue < waiting.first ?? .max)
      if waiting.isEmpty { #expect(position.sequence.rawValue == last) }
    }
  }
}

struct ReplayPaceTests {
  private func second(_ seconds: Double) -> Timestamp { Timestamp(nanoseconds: UInt64(seconds * 1e9)) }

  @Test(arguments: [(1.0, 4.0), (10, 0.4), (0.5, 8)])
  func `requests are as far apart as they were recorded, times the factor`(factor: Double, seconds: Double) {
    var pace = ReplayPace(factor: factor)
    #expect(pace.delay(until: second(100), now: .seconds(3)) == .zero)
    #expect(pace.delay(until: second(104), now: .seconds(3)) == .seconds(seconds))
    #expect(
      pace.delay(until: second(104), now: .seconds(3) + .seconds(seconds / 2)) == .seconds(seconds / 2))
    // What is from before goes out at once, and changes nothing.
    #expect(pace.delay(until: second(50), now: .seconds(3)) == .zero)
    #expect(pace.delay(until: second(104), now: .seconds(3)) == .seconds(seconds))
  }

  @Test func `of a stall one second is made up for`() {
    var pace = ReplayPace(factor: 1)
    #expect(pace.delay(until: second(100), now: .zero) == .zero)
    #expect(pace.delay(until: second(101), now: .seconds(11)) == .zero)
    #expect(pace.delay(until: second(102), now: .seconds(11)) == .zero)
    #expect(pace.delay(until: second(103), now: .seconds(11)) == .seconds(1))
  }

  @Test func `as fast as possible nothing waits, whatever the times`() {
    var pace = ReplayPace(factor: nil)
    for time in [0, .max, 5] as [UInt64] {
      #expect(pace.delay(until: Timestamp(nanoseconds: time), now: .zero) == .zero)
    }
  }

  @Test func `a span of all time is waited for without a trap`() {
    var pace = ReplayPace(factor: 1e-300)
    _ = pace.delay(until: Timestamp(nanoseconds: 0), now: .zero)
    #expect(pace.delay(until: Timestamp(nanoseconds: .max), now: .seconds(1)) > .seconds(1000))
    #expect(pace.delay(until: Timestamp(nanoseconds: 1), now: .seconds(1 << 40)) >= .zero)
  }
}

struct ResumePointTests {
  private static let store = StoreID(high: 0xa1, low: 2)

  @Test(arguments: [
    ResumePoint(store: store, sequence: RecordSequence(0)),
    ResumePoint(store: store, sequence: RecordSequence(.max), shift: -5),
    ResumePoint(
      store: store, sequence: RecordSequence(7), shift: 0, mask: IDMask(traceHigh: 1, traceLow: .max, span: 3)
    ),
  ])
  func `what is written reads back`(point: ResumePoint) { #expect(ResumePoint(text: point.text) == point) }

  @Test func `it is a text that people can read`() {
    let mask = IDMask(traceHigh: 1, traceLow: 2, span: 3)
    #expect(
      ResumePoint(store: Self.store, sequence: RecordSequence(12), shift: -3, mask: mask).text == """
        spanlog replay 1
        store 00000000000000a10000000000000002
        sequence 12
        shift -3
        ids 000000000000000100000000000000020000000000000003

        """)
  }

  @Test func `any byte cut off or changed to nonsense is refused`() {
    let text = ResumePoint(store: Self.store, sequence: RecordSequence(12), shift: 3).text
    for count in 0..<text.utf8.count { #expect(ResumePoint(text: String(text.prefix(count))) == nil) }
    for place in text.indices {
      var changed = text
      changed.replaceSubrange(place...place, with: "~")
      #expect(ResumePoint(text: changed) == nil, "\(changed)")
    }
    #expect(ResumePoint(text: text + "\n") == nil)
  }
}

struct ReplayTextTests {
  @Test(
    arguments: [
      ("0", 0), ("1544712660", 1_544_712_660_000_000_000), ("1544712660000000001", 1_544_712_660_000_000_001),
      ("2018-12-13T14:51:00Z", 1_544_712_660_000_000_000),
      ("2018-12-13t15:51:00.5+01:00", 1_544_712_660_500_000_000),
      ("2018-12-13 14:21:00.000000001-00:30", 1_544_712_660_000_000_001), ("1970-01-01T00:00:00Z", 0),
      ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000), ("2000-03-01T00:00:00z", 951_868_800_000_000_000),
      ("1970-01-01T01:00:00+01:00", 0), ("2554-07-21T23:34:33.709551615Z", .max),
    ] as [(String, UInt64)])
  func `moments are RFC 3339, seconds or nanoseconds`(text: String, nanoseconds: UInt64) throws {
    #expect(try MomentText.parse(text).nanoseconds == nanoseconds)
  }

  @Test(arguments: [
    "", "now", "-1", "1544712660000", "2018-12-13", "2018-12-13T14:51:00", "2018-13-01T00:00:00Z",
    "2023-02-29T00:00:00Z", "2018-12-13T24:00:00Z", "2018-12-13T14:51:00.Z", "1969-12-31T23:59:59Z",
    "2554-07-21T23:34:33.709551616Z", "2018-12-13T14:51:00+1:00", "99999999999", "99999999999999999999",
    "2018-12-13T14:51:00.1234567891Z",
  ])
  func `other texts are no moments`(text: String) {
    #expect(throws: MomentTextError.self) { try MomentText.parse(text) }
  }

  @Test(arguments: [("1x", 1.0), ("10x", 10), ("0.5x", 0.5), ("max", nil)] as [(String, Double?)])
  func `rates are factors`(text: String, factor: Double?) throws {
    #expect(try RateText.parse(text) == factor)
  }

  @Test(arguments: ["", "x", "1", "0x", "-1x", "infx", "nanx", "0x1px", "1e3x", "fast"])
  func `other texts are no rates`(text: String) {
    #expect(throws: RateTextError.self) { try RateText.parse(text) }
  }

  @Test(arguments: [("0s", 0), ("500ms", 500_000_000), ("10s", 10_000_000_000), ("5m", 300_000_000_000)])
  func `windows have units`(text: String, nanoseconds: UInt64) throws {
    #expect(try WindowText.parse(text) == nanoseconds)
  }

  @Test(arguments: ["", "10", "s", "-1s", "1.5s", "1h", "4294967296s"])
  func `other texts are no windows`(text: String) {
    #expect(throws: WindowTextError.self) { try WindowText.parse(text) }
  }

  @Test(arguments: [
    ("0", 0), ("7", 7), ("4000000000000", 300), ("Thu, 13 Dec 2018 14:51:09 GMT", 9),
    ("Thu, 13 Dec 2018 14:50:00 GMT", 0), ("Thu, 13 Dec 2029 14:50:00 GMT", 300),
  ])
  func `a server that asks for patience gets it, up to five minutes`(text: String, seconds: Int) {
    let now = Timestamp(nanoseconds: 1_544_712_660_000_000_000)
    #expect(RetryAfter.delay(text, now: now) == .seconds(seconds))
  }

  @Test(arguments: [
    "", "soon", "-1", "1.5", "Thu, 13 Foo 2018 14:51:09 GMT", "Thursday, 13-Dec-18 14:51:09 GMT",
  ])
  func `what is no time to wait is none`(text: String) {
    #expect(RetryAfter.delay(text, now: Timestamp(nanoseconds: 0)) == nil)
  }

  @Test func `a target that does not answer is waited for longer and longer`() {
    #expect(
      (1...8).map(LostBackoff.delay)
        == [100, 200, 400, 800, 1600, 3200, 5000, 5000].map { .milliseconds($0) })
    #expect(LostBackoff.delay(before: .max) == .seconds(5))
  }

  @Test func `the summary tells requests, and spans by what became of them`() {
    var counts = ReplayCounts()
    counts.requestCount = 3
    counts.sentCount = 1000
    counts.ackedCount = 990
    #expect(
      ReplaySummary(counts: counts, elapsed: .milliseconds(1500)).description
        == "replayed 3 requests: 1000 spans sent, 990 acked, 0 rejected, 0 failed, 0 passed over, in 1.50 s: "
        + "660 spans/s")
    counts.unselectedCount = 5
    counts.lateCount = 6
    counts.rejectedCount = 7
    counts.firstRejection = "bad id"
    counts.failedCount = 3
    counts.firstFailure = "too large"
    counts.passedOverCount = 9
    #expect(
      ReplaySummary(counts: counts, elapsed: .seconds(1)).description == """
        replayed 3 requests: 1000 spans sent, 990 acked, 7 rejected, 3 failed, 9 passed over, in 1.00 s: 990 spans/s
        left out 5 spans that --since, --until or --service do not select
        6 spans came when later ones had been sent; a longer --window would have held those
        the first rejected: bad id
        the first that failed: too large
        """)
  }

  @Test(arguments: [
    ("-", ReplayDestination.standardOutput), ("rpc://h:1", .rpc(ListenAddress(host: "h", port: 1))),
    ("otlp+http://[::1]:4318", .otlpHTTP(ListenAddress(host: "::1", port: 4318), path: "/v1/traces")),
    ("otlp+http://h:1/", .otlpHTTP(ListenAddress(host: "h", port: 1), path: "/v1/traces")),
    ("otlp+http://h:1/a/b?c", .otlpHTTP(ListenAddress(host: "h", port: 1), path: "/a/b?c")),
  ])
  func `destinations are addresses with a scheme, or standard output`(text: String, found: ReplayDestination)
    throws
  {
    #expect(try ReplayDestination.parse(text) == found)
  }

  @Test(arguments: [
    "", "h:1", "http://h:1", "rpc://h", "rpc:h:1", "otlp+http://h:1/a b", "otlp+http://h:1/\r\n",
  ])
  func `other texts are no destinations`(text: String) {
    #expect(throws: (any Error).self) { try ReplayDestination.parse(text) }
  }
}
