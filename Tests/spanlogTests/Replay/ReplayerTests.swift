import NIOConcurrencyHelpers
import SpanModel
import SpanNet
import SpanWire
import Testing

@testable import spanlog

/// Answers as it is told to, the last for ever.
private final class ScriptedTarget: AppendTarget {
  let name = "there"
  private let replies: NIOLockedValueBox<[AppendReply]>
  let requests = NIOLockedValueBox<[[UInt8]]>([])

  init(_ replies: [AppendReply]) { self.replies = NIOLockedValueBox(replies) }

  func send(_ request: [UInt8], answered: @escaping @Sendable (AppendReply) -> Void) async {
    requests.withLockedValue { $0.append(request) }
    answered(replies.withLockedValue { $0.count > 1 ? $0.removeFirst() : $0[0] })
  }

  func close() async {}
}

struct ReplayerTests {
  private static let stored = AppendReply.stored(rejectedSpanCount: 0, firstRejection: "")
  private let tally = ReplayTally()

  /// Sends requests of one span each, one at a time.
  private func replay(
    _ count: UInt64, to target: any AppendTarget, _ lines: NIOLockedValueBox<[String]>? = nil
  )
    async throws -> ReplayCounts
  {
    let replayer = Replayer(
      target: target, tally: tally, requestCountMax: 1, rateFactor: nil,
      notice: RefusalNotice { line in lines?.withLockedValue { $0.append(line) } }, backoff: { _ in .zero })
    let requests = (1...count).map { SampleSpan.request([SampleSpan(id: $0)]) }
    let feed = ReplayFeed(requests, onRead: { [tally] in tally.read($0, spanCount: $1) })
    try await replayer.send(feed, position: { 0 })
    await replayer.window.drain()
    return tally.counts
  }

  @Test func `what was not answered is sent again, and the position follows what was acked`() async throws {
    let lost = AppendReply.lost(reason: "gone")
    let target = ScriptedTarget([Self.stored, lost, lost, Self.stored])
    let lines = NIOLockedValueBox<[String]>([])
    let counts = try await replay(3, to: target, lines)
    #expect(
      counts.sentCount == 3 && counts.ackedCount == 3 && target.requests.withLockedValue { $0.count } == 5)
    #expect(tally.ackedSequence == RecordSequence(3))
    #expect(
      lines.withLockedValue { $0 } == ["there gave no answer: gone; retrying", "there takes requests again"])
  }

  @Test func `a target that stays away is given up, with the reason`() async throws {
    let counts = try await replay(9, to: ScriptedTarget([Self.stored, .lost(reason: "gone")]))
    #expect(counts.failure == "there did not answer a request 9 times: gone")
    #expect(counts.sentCount == 2 && counts.ackedCount == 1 && counts.failedCount == 1)
    #expect(tally.ackedSequence == RecordSequence(1))
  }

  @Test func `a request that fails is counted, the rest is sent, and the position stays before it`()
    async throws
  {
    let counts = try await replay(9, to: ScriptedTarget([Self.stored, .failed(reason: "bad"), Self.stored]))
    #expect(counts.failure == nil && counts.failedCount == 1 && counts.firstFailure == "bad")
    #expect(counts.ackedCount == 8 && tally.ackedSequence == RecordSequence(1))
  }

  @Test func `nothing is sent when nothing can be any more`() async throws {
    let counts = try await replay(9, to: ScriptedTarget([.ended(reason: "nobody reads"), Self.stored]))
    #expect(counts.failure == "nobody reads" && counts.sentCount == 1)
  }

  @Test func `a server that hangs loses its connection, and gets everything on another`() async throws {
    let hello = (RPCMethod.hello.answer, HelloAnswer().encoded)
    let script = try ScriptedServer { method, number in
      method == .hello ? hello : number == 1 ? nil : (RPCMethod.append.answer, [])
    }
    let target = try await RPCTarget(script.address, requestCountMax: 1, answerTimeout: .milliseconds(50))
    let counts = try await replay(3, to: target)
    await target.close()
    #expect(counts.failure == nil && counts.ackedCount == 3)
    let requests = script.bodies.withLockedValue { $0 }.filter { (try? spans(in: $0).count) == 1 }
    #expect(requests.count == 4 && requests[0] == requests[1])
  }
}
