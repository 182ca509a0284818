import Foundation
import NIOConcurrencyHelpers
import SpanModel
import SpanRPC
import SpanWire
import Testing

/// The worked example of `docs/protocol.md`, taken from the page itself.
struct ProtocolDocumentTests {
  private static let page: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try? String(contentsOf: root.appending(path: "docs/protocol.md"), encoding: .utf8)
  }()

  /// The bytes of the block named `name`: hex digits, with comments behind a semicolon.
  private func bytes(_ name: String) throws -> [UInt8] {
    let page = try #require(Self.page)
    let parts = page.components(separatedBy: "```hex \(name)\n")
    try #require(parts.count == 2, "the page has one block named \(name)")
    let block = parts[1].components(separatedBy: "```")[0]
    return try block.split(separator: "\n").flatMap { line in
      try line.prefix { $0 != ";" }.split(separator: " ").map { try #require(UInt8($0, radix: 16)) }
    }
  }

  private func frames(_ name: String) throws -> [Frame] {
    let bytes = try bytes(name)
    let frames = Frame.frames(in: bytes)
    #expect(frames.flatMap(\.bytes) == bytes, "nothing is left over")
    return frames
  }

  @Test func `the requests decode to what the page says`() throws {
    let append = try #require(try frames("append-request").first)
    #expect(append.header.method == RPCMethod.append.rawValue)
    #expect(append.header.requestID == 1)
    let read = try #require(try frames("read-request").first)
    #expect(read.header.method == RPCMethod.readTrace.rawValue)
    let request = try ReadTraceRequest(decoding: read.body)
    #expect(request.traceID == TraceID("101112131415161718191a1b1c1d1e1f"))
    #expect(try frames("tail-request").first?.header.method == RPCMethod.tail.rawValue)
  }

  @Test func `a server answers the page's requests with the page's answers`() async throws {
    let store = FakeStore()
    let span = try #require(try frames("append-request").first).body
    store.state.withLockedValue { $0.chunks = [AnswerChunk(bytes: span, mayRepeat: false)] }
    try await TestServer.run(store) { server in
      let client = try await server.connect()
      for name in ["append", "read", "tail"] {
        try await client.send(try bytes("\(name)-request"))
        let expected = try frames("\(name)-answer")
        #expect(await client.next(expected.count) == expected)
      }
    }
  }

  @Test func `the page names every call, code and counter`() throws {
    let page = try #require(Self.page)
    for method in RPCMethod.allCases {
      #expect(page.contains("| \(method.rawValue) | \(method) |"), "\(method)")
    }
    for counter in StatsAnswer.counters { #expect(page.contains(" = \(counter.field);"), "\(counter.field)") }
  }
}
