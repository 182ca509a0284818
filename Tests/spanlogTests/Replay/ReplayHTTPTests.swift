import Foundation
import NIOConcurrencyHelpers
import NIOCore
import SpanModel
import SpanTestKit
import SpanWire
import Testing

@testable import spanlog

struct ReplayHTTPTests {
  /// Requests of one span each, sent through a target to a script.
  private func replay(
    _ count: Int, to script: HTTPScript, inFlight: Int = 1, timeoutMilliseconds: Int64 = 10_000
  )
    async throws -> ReplayCounts
  {
    let target = try await OTLPHTTPTarget(
      script.address, path: "/v1/traces", answerTimeout: .milliseconds(timeoutMilliseconds),
      now: { Timestamp(nanoseconds: 0) })
    let tally = ReplayTally()
    let replayer = Replayer(
      target: target, tally: tally, requestCountMax: inFlight, rateFactor: nil, notice: RefusalNotice { _ in }
    )
    let requests = (1...UInt64(count)).map { SampleSpan.request([SampleSpan(id: $0)]) }
    try await replayer.send(ReplayFeed(requests) { tally.read($0, spanCount: $1) }, position: { 0 })
    await replayer.window.drain()
    await target.close()
    return tally.counts
  }

  private func requests(to script: HTTPScript) -> [HTTPScript.Request] {
    script.requests.withLockedValue { $0 }
  }

  @Test func `requests are posted as OTLP asks, one behind the other on one connection`() async throws {
    let script = try HTTPScript { _ in .stored }
    let counts = try await replay(5, to: script)
    #expect(counts.requestCount == 5 && counts.ackedCount == 5 && counts.failure == nil)
    let sent = requests(to: script)
    #expect(sent.allSatisfy { $0.line == "POST /v1/traces HTTP/1.1" && $0.connection == 0 })
    #expect(sent.allSatisfy { $0.headers["content-type"] == "application/x-protobuf" })
    #expect(sent.allSatisfy { $0.headers["host"] == "\(script.address)" })
    #expect(sent.map(\.body) == (1...5).map { SampleSpan.request([SampleSpan(id: $0)]) })
  }

  @Test func `as many connections are used as requests may be in flight`() async throws {
    let script = try HTTPScript { _ in .stored }
    let counts = try await replay(200, to: script, inFlight: 4)
    #expect(counts.ackedCount == 200)
    let sent = requests(to: script)
    #expect(Set(sent.map(\.body)).count == 200 && sent.allSatisfy { $0.connection < 4 })
  }

  @Test(arguments: ["429 Too Many Requests", "503 Service Unavailable", "502 Bad Gateway"])
  func `a server without room is asked again after the time it names`(status: String) async throws {
    let script = try HTTPScript {
      $0 == 1 || $0 == 2 ? .status(status, headers: ["Retry-After: 0"]) : .stored
    }
    let counts = try await replay(3, to: script)
    #expect(counts.ackedCount == 3 && counts.failedCount == 0)
    let bodies = requests(to: script).map(\.body)
    #expect(bodies.count == 5 && bodies[1] == bodies[2] && bodies[2] == bodies[3])
  }

  @Test func `spans that the server rejects are counted, with its reason`() async throws {
    let answer = AppendAnswerBody(rejectedSpanCount: 1, message: "no room for b").encoded
    let script = try HTTPScript { $0 == 1 ? .status("200 OK", body: answer) : .stored }
    let counts = try await replay(3, to: script)
    #expect(counts.ackedCount == 2 && counts.rejectedCount == 1 && counts.firstRejection == "no room for b")
  }

  @Test func `a server that rejects more than it got has rejected all of it`() async throws {
    let answer = AppendAnswerBody(rejectedSpanCount: .max, message: "").encoded
    let script = try HTTPScript { _ in .status("200 OK", body: answer) }
    let counts = try await replay(1, to: script)
    #expect(counts.ackedCount == 0 && counts.rejectedCount == 1)
  }

  @Test(
    arguments: [
      ("404 Not Found", [], Array("no\u{1b}[31m  such\nplace".utf8), "404 Not Found: no [31m such place"),
      ("301 Moved Permanently", ["Location: http://b/"], [], "301 Moved Permanently (it names http://b/)"),
      (
        "400 Bad Request", ["Content-Type: application/x-protobuf"],
        RPCStatus(.invalidArgument, "a bad span").encoded, "400 Bad Request: a bad span"
      ),
      (
        "200 OK", [], Array("<html>".utf8),
        "200 OK with something else than an ExportTraceServiceResponse: <html>; is it an OTLP receiver?"
      ),
      (
        "500 Internal Server Error", [], [UInt8](repeating: 0x61, count: 100_000),
        "500 Internal Server Error: " + String(repeating: "a", count: 200) + "…"
      ),
    ] as [(String, [String], [UInt8], String)])
  func `another answer is a failure with the server's words`(
    status: String, headers: [String], body: [UInt8], text: String
  ) async throws {
    let script = try HTTPScript { $0 == 1 ? .status(status, headers: headers, body: body) : .stored }
    let counts = try await replay(3, to: script)
    #expect(counts.ackedCount == 2 && counts.failedCount == 1 && counts.failure == nil)
    #expect(counts.firstFailure == "\(script.address) answered \(text)")
  }

  @Test func `a server that refuses ten requests running is not asked any more`() async throws {
    let script = try HTTPScript { _ in .status("403 Forbidden", body: Array("go away".utf8)) }
    let counts = try await replay(50, to: script)
    #expect(counts.failedCount == 10 && counts.sentCount == 10)
    #expect(
      counts.failure
        == "10 requests failed one after the other, the last: \(script.address) answered 403 Forbidden: go away"
    )
  }

  @Test(arguments: [
    HTTPScript.Answer.close, .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab".utf8)),
    .raw(Array("no HTTP at all\r\n\r\n".utf8)),
  ])
  func `a request whose answer does not come is sent again`(answer: HTTPScript.Answer) async throws {
    // The second answer is no answer; one that is cut off ends with its connection.
    let script = try HTTPScript { $0 == 1 ? answer : $0 == 2 ? .close : .stored }
    let counts = try await replay(3, to: script, timeoutMilliseconds: 300)
    #expect(counts.ackedCount == 3 && counts.failedCount == 0 && counts.failure == nil)
    #expect(Set(requests(to: script).map(\.body)).count == 3)
  }

  @Test func `a connection that the server wants to close is not used again`() async throws {
    let script = try HTTPScript { _ in .status("200 OK", headers: ["Connection: close"]) }
    let counts = try await replay(3, to: script)
    #expect(counts.ackedCount == 3 && requests(to: script).map(\.connection) == [0, 1, 2])
  }

  @Test func `a server that never answers is waited for only so long`() async throws {
    let script = try HTTPScript { $0 == 0 ? .silence : .stored }
    let counts = try await replay(2, to: script, timeoutMilliseconds: 100)
    #expect(counts.ackedCount == 2 && requests(to: script).map(\.connection) == [0, 1, 1])
  }

  @Test func `nobody listening is told at once`() async throws {
    let script = try HTTPScript { _ in .stored }
    script.stop()
    let error = try #require(await failure { try await replay(1, to: script) })
    #expect(
      "\(error)".hasPrefix("\(script.address): cannot connect: Connection refused (errno 111); is a server"))
  }

  private func failure(_ body: () async throws -> ReplayCounts) async -> (any Error)? {
    do {
      _ = try await body()
      return nil
    } catch {
      return error
    }
  }
}
