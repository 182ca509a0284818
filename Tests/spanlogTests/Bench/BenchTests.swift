import Foundation
import SpanTestKit
import Testing

/// Each benchmark in its smallest form: it runs, and its JSON has the keys that programs rely on.
struct BenchTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func object(_ arguments: String...) throws -> [String: Any] {
    let result = try SpanlogProcess.run(arguments + ["--json"], input: Data())
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.split(separator: "\n").count == 1)
    return try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
  }

  private static let common = ["machine", "release"]
  private static let ingestKeys = [
    "mode", "corpus", "seed", "connections", "inFlightPerConnection", "spansPerRequest", "bytesPerRequest",
    "seconds", "requests", "spans", "refused", "unsent", "spansPerSecond", "requestsPerSecond",
    "megabytesPerSecond", "ackMillisecondsP50", "ackMillisecondsP99", "ackMillisecondsP999",
    "ackMillisecondsMax", "clientCPUSecondsPerMillionSpans", "serverCPUSecondsPerMillionSpans",
    "serverPeakMebibytes",
  ]
  @Test func `over the RPC: what was acked is sampled and counted`() throws {
    let server = try RunningServer(directory: directory.file("store"))
    let ids = directory.file("ids")
    let pid = "\(server.process.processIdentifier)"
    let ingest = try object(
      "bench", "ingest", "--to", server.address, "--seconds", "0.2", "--connections", "3", "--in-flight", "2",
      "--spans-per-request", "20", "--pid", pid, "--sample-ids", ids)
    #expect(Set(ingest.keys) == Set(Self.common + Self.ingestKeys))
    let spans = try #require(ingest["spans"] as? Int)
    #expect(spans > 0 && ingest["requests"] as? Int == spans / 20 && ingest["mode"] as? String == "rpc")
    let lines = try String(contentsOfFile: ids, encoding: .utf8).split(separator: "\n")
    #expect(!lines.isEmpty && lines.count <= 10_000 && lines.allSatisfy { $0.count == 32 })
    #expect(server.stop() == 0)
    let verified = try SpanlogProcess.run("verify", directory.file("store"))
    #expect(verified.output.hasSuffix("requests, \(spans) spans\n"))
  }

  @Test func `in process it has the same keys`() throws {
    let ingest = try object(
      "bench", "ingest", "--data", directory.file("store"), "--seconds", "0.1", "--connections", "2",
      "--in-flight", "3", "--spans-per-request", "50")
    #expect(Set(ingest.keys) == Set(Self.common + Self.ingestKeys))
  }

  @Test func `at a rate so many spans are sent, of a recording too`() throws {
    let ingest = try object(
      "bench", "ingest", "--data", directory.file("store"), "--seconds", "0.5", "--rate", "600",
      "--corpus", SpanlogProcess.sample, "--connections", "1", "--seed", "5")
    // The last ones may be late, but none comes early.
    #expect((1...330).contains(ingest["spans"] as? Int ?? 0))
    #expect(ingest["rate"] as? Double == 600 && ingest["seed"] as? Int == 5)
    #expect(ingest["corpus"] as? String == SpanlogProcess.sample)
  }

  @Test func `a table has a line for each figure`() throws {
    let result = try SpanlogProcess.run(
      "bench", "ingest", "--data", directory.file("store"), "--seconds", "0.05", "--connections", "1")
    #expect(result.status == 0)
    for name in ["machine ", "spans/s ", "ack p99.9 ", "client CPU ", "server CPU "] {
      #expect(result.output.contains("\n" + name) || result.output.hasPrefix(name))
    }
  }

  @Test func `a server that is not there is told`() throws {
    let ingest = try SpanlogProcess.run("bench", "ingest", "--to", "127.0.0.1:1", "--seconds", "0.1")
    #expect(ingest.status == 1 && ingest.errors.contains("cannot connect to 127.0.0.1:1"))
  }
}
