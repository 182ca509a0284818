import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import SpanCompression
import SpanEngine
import SpanModel
import SpanWire
import Testing

@testable import spanlog

struct OptionTextTests {
  @Test(arguments: [("0", 0), ("512", 512), ("4KiB", 4096), ("128MiB", 128 << 20), ("2GiB", 2 << 30)])
  func `sizes are bytes or have a binary unit`(text: String, byteCount: Int) throws {
    #expect(try ByteCountText.parse(text) == byteCount)
  }

  @Test(arguments: ["", "MiB", "-1", "1.5GiB", "1 KiB", "1kib", "9223372036854775807KiB"])
  func `other texts are no sizes`(text: String) {
    #expect(throws: ByteCountTextError.self) { try ByteCountText.parse(text) }
  }

  @Test(arguments: [
    ("sync", Durability.sync), ("os", .operatingSystem), ("interval=100ms", .interval(.milliseconds(100))),
    ("interval=2s", .interval(.seconds(2))),
  ])
  func `durabilities have names`(text: String, durability: Durability) throws {
    #expect(try DurabilityText.parse(text) == durability)
  }

  @Test(arguments: ["", "fsync", "interval", "interval=", "interval=0ms", "interval=61s", "interval=1m"])
  func `other texts are no durabilities`(text: String) {
    #expect(throws: DurabilityTextError.self) { try DurabilityText.parse(text) }
  }

  @Test(arguments: [
    ("5b8efff798038103d269b633813fc60c", true), ("{\"trace_id\":\"5B8EFFF798038103D269B633813FC60C\"}", true),
    ("{\"a\": 1, \"trace_id\" : \"5b8efff798038103d269b633813fc60c\"", true), ("{\"trace_id\":5}", false),
    ("{}", false), ("xyz", false), ("5b8efff798038103d269b633813fc60c0", false),
  ])
  func `a line names a trace by its id or by a member of an object`(line: String, isTrace: Bool) {
    let traceID = TraceID(high: 0x5b8e_fff7_9803_8103, low: 0xd269_b633_813f_c60c)
    #expect(TraceIDLines.traceID(in: line[...]) == (isTrace ? traceID : nil))
  }
}

/// Gives bytes one by one.
private struct Drip: ByteSource {
  var bytes: ArraySlice<UInt8>

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let byte = bytes.popFirst() else { return 0 }
    buffer[0] = byte
    return 1
  }
}

struct LengthDelimitedReaderTests {
  private let stream: [UInt8] = [0, 3, 1, 2, 3, 0x81, 0, 9]

  private func read(_ bytes: ArraySlice<UInt8>) throws -> [[UInt8]] {
    var reader = LengthDelimitedReader(Drip(bytes: bytes), file: "f", messageByteCountMax: 3)
    var messages: [[UInt8]] = []
    while let message = try reader.next() { messages.append(message.bytes) }
    return messages
  }

  @Test func `messages come one after the other, empty ones too`() throws {
    #expect(try read(stream[...]) == [[], [1, 2, 3], [9]])
  }

  @Test func `cut at any byte it gives what is whole, or says where the cut is`() throws {
    for (byteCount, messages) in [0: [], 1: [[]], 5: [[], [1, 2, 3]]] as [Int: [[UInt8]]] {
      #expect(try read(stream.prefix(byteCount)) == messages)
    }
    for byteCount in [2, 3, 4, 6, 7] {
      #expect(throws: InputFileError.self) { try read(stream.prefix(byteCount)) }
    }
  }
}

/// Answers as it is told to.
private final class FakeTarget: AppendTarget {
  let name = "fake"
  private let replies: NIOLockedValueBox<[AppendReply]>
  let requests = NIOLockedValueBox<[[UInt8]]>([])

  init(_ replies: [AppendReply]) { self.replies = NIOLockedValueBox(replies) }

  func send(_ request: [UInt8], answered: @escaping @Sendable (AppendReply) -> Void) async {
    requests.withLockedValue { $0.append(request) }
    answered(replies.withLockedValue { $0.count > 1 ? $0.removeFirst() : $0[0] })
  }

  func close() async {}
}

struct ImporterTests {
  private static let stored = AppendReply.stored(rejectedSpanCount: 0, firstRejection: "")

  @Test func `a request that met no room is sent again until it is stored`() async throws {
    let busy = AppendReply.busy(retryAfter: .zero, reason: "full")
    let target = FakeTarget([Self.stored, busy, busy, Self.stored])
    let importer = Importer(target: target, requestCountMax: 1, rate: nil)
    try await importer.send(InputFile(name: SpanlogProcess.sample))
    await importer.finish()
    #expect(importer.tally.counts.requestCount == 5 && importer.tally.counts.spanCount == 30)
    let requests = target.requests.withLockedValue { $0 }
    #expect(requests.count == 7 && requests[1] == requests[2] && requests[2] == requests[3])
  }

  @Test func `after a failure nothing more is sent`() async throws {
    let target = FakeTarget([Self.stored, .failed(reason: "gone"), Self.stored])
    let importer = Importer(target: target, requestCountMax: 1, rate: nil)
    try await importer.send(InputFile(name: SpanlogProcess.sample))
    await importer.finish()
    #expect(importer.tally.counts.failure == "gone")
    #expect(importer.tally.counts.requestCount == 1 && target.requests.withLockedValue { $0.count } == 2)
  }

  @Test func `a target without room for ever is given up, with the reason`() async throws {
    let target = FakeTarget([.busy(retryAfter: .zero, reason: "full")])
    let importer = Importer(target: target, requestCountMax: 8, rate: nil)
    try await importer.send(InputFile(name: SpanlogProcess.sample))
    await importer.finish()
    #expect(importer.tally.counts.failure == "fake had no room for a request 301 times: full")
  }

  @Test func `the summary tells requests, spans, rejected ones, time and speed`() {
    var counts = ImportCounts()
    counts.requestCount = 3
    counts.spanCount = 1000
    counts.rejectedSpanCount = 2
    counts.firstRejection = "why"
    #expect(
      ImportSummary(counts: counts, elapsed: .milliseconds(1500)).description
        == "imported 3 requests with 1000 spans, 2 rejected, in 1.50 s: 666 spans/s\nthe first rejected: why")
  }

  @Test func `progress is told by the bytes read`() {
    #expect(
      SendingProgress(byteCount: 100).line(spanCount: 500, position: 25, elapsed: .seconds(2))
        == "██████░░░░░░░░░░░░░░░░░░ 25 %  500 spans  250 spans/s  6 s left")
    #expect(
      SendingProgress(byteCount: nil).line(spanCount: 500, position: 25, elapsed: .seconds(2))
        == "500 spans  250 spans/s")
  }
}

struct PaceTests {
  @Test(arguments: [1e-20, .leastNonzeroMagnitude, 1e300])
  func `any rate above 0 can be kept`(rate: Double) async throws {
    var pace = Pace(rate: rate)
    try await pace.wait(for: 1_000_000)
  }
}

struct LatencyHistogramTests {
  @Test(arguments: [0.0, 0.5, 0.99, 1.0])
  func `quantiles are at most 3 percent too large, and never too small`(share: Double) {
    var histogram = LatencyHistogram()
    let values = (1...10_000).map { UInt64($0 * $0) }
    for value in values { histogram.add(nanoseconds: value) }
    let exact = values[max(Int((share * 10_000).rounded(.up)), 1) - 1]
    #expect(histogram.quantile(share) >= exact && Double(histogram.quantile(share)) <= Double(exact) * 1.04)
  }

  @Test func `the extremes have buckets`() {
    var histogram = LatencyHistogram()
    #expect(histogram.quantile(0.5) == 0)
    for value in [0, 31, 32, 63, 64, UInt64.max] { histogram.add(nanoseconds: value) }
    #expect(histogram.quantile(0) == 0 && histogram.quantile(1) == .max)
  }
}

struct EventLogTests {
  @Test func `a lane that fails is remembered, and told to whoever asked before or after`() {
    let log = EventLog(Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let calls = NIOLockedValueBox(0)
    log.record(.rolled(SegmentSequence(2)))
    log.onFailure { calls.withLockedValue { $0 += 1 } }
    #expect(!log.hasFailed && calls.withLockedValue { $0 } == 0)
    log.record(.laneFailed(lane: 0, .stopped(reason: "test")))
    #expect(log.hasFailed && calls.withLockedValue { $0 } == 1)
    log.onFailure { calls.withLockedValue { $0 += 1 } }
    #expect(calls.withLockedValue { $0 } == 2)
  }
}

struct MemoryPlanTests {
  @Test(arguments: [nil, MemoryPlan.byteCountDefault, 8 << 30], [1, 4])
  func `the shares are within the whole, and the largest request fits`(byteCount: Int?, laneCount: Int) {
    let least = MemoryPlan.byteCountMin(laneCount: laneCount, segmentByteCount: 128 << 20)
    let byteCount = byteCount ?? least
    let plan = MemoryPlan(byteCount: byteCount, laneCount: laneCount, segmentByteCount: 128 << 20)
    let shares = [
      plan.arrivingByteCountMax, plan.queueByteCountMax, plan.streamCountMax * 6 << 20,
      plan.sealedCacheByteCount, plan.sealing.byteCount,
      plan.indexCacheByteCount, plan.keptBufferByteCount, (laneCount * (3 * 8 + 4) + 4 * 8) << 20,
    ]
    #expect(shares.reduce(0, +) <= byteCount)
    #expect(plan.arrivingByteCountMax >= 64 << 20)
  }

  @Test func `the default is what the page of the protocol says`() throws {
    let plan = MemoryPlan(byteCount: MemoryPlan.byteCountDefault, laneCount: 1, segmentByteCount: 128 << 20)
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/protocol.md")
    let page = try String(contentsOf: file, encoding: .utf8)
    let mebibytes = Double(plan.arrivingByteCountMax) / Double(1 << 20)
    #expect(page.contains("| bodies' bytes in flight over all connections | \(mebibytes) MiB |"))
    #expect(page.contains("| streams per connection, in all | 16, \(plan.streamCountMax) |"))
  }
}
