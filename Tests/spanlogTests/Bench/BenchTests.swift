import Foundation
import SpanTestKit
import SpanWire
import Testing

/// Each benchmark in a small form: it runs, and its JSON has the keys that programs rely on. Loads that must
/// send something have a second for it: on a slow machine the first request may take a good part of one.
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

  private static let common = ["question", "machine", "release"]
  private static let ingestKeys = [
    "mode", "corpus", "seed", "connections", "inFlightPerConnection", "spansPerRequest", "bytesPerRequest",
    "seconds", "requests", "spans", "refused", "unsent", "spansPerSecond", "requestsPerSecond",
    "megabytesPerSecond", "ackMillisecondsP50", "ackMillisecondsP99", "ackMillisecondsP999",
    "ackMillisecondsMax", "clientCPUSecondsPerMillionSpans", "serverCPUSecondsPerMillionSpans",
    "serverPeakMebibytes",
  ]
  private static let readKeys = [
    "mode", "cold", "connections", "traces", "absentShare", "seed", "seconds", "reads", "readsPerSecond",
    "spans", "bytes", "missing", "readMicrosecondsP50", "readMicrosecondsP99", "readMicrosecondsP999",
    "readMicrosecondsMax", "clientCPUSecondsPerMillionSpans", "clientCPUMicrosecondsPerRead", "resultHash",
    "hashedSpans",
  ]

  @Test func `over the RPC: what was acked is sampled, read, and counted`() throws {
    let server = try ServerProcess(directory: directory.file("store"))
    let ids = directory.file("ids")
    let pid = "\(server.processID)"
    let ingest = try object(
      "bench", "ingest", "--to", server.address, "--seconds", "1", "--connections", "3", "--in-flight", "2",
      "--spans-per-request", "20", "--pid", pid, "--sample-ids", ids)
    #expect(Set(ingest.keys) == Set(Self.common + Self.ingestKeys))
    let spans = try #require(ingest["spans"] as? Int)
    #expect(spans > 0 && ingest["requests"] as? Int == spans / 20 && ingest["mode"] as? String == "rpc")
    let lines = try String(contentsOfFile: ids, encoding: .utf8).split(separator: "\n")
    #expect(!lines.isEmpty && lines.count <= 10_000 && lines.allSatisfy { $0.count == 32 })
    let read = try object(
      "bench", "read", "--from", server.address, "--ids", ids, "--seconds", "0.2", "--connections", "2",
      "--absent", "0.5", "--pid", pid)
    let absentKeys = ["P50", "P99", "P999", "Max"].map { "absentMicroseconds" + $0 }
    let serverKeys = ["serverCPUSecondsPerMillionSpans", "serverCPUMicrosecondsPerRead"]
    #expect(Set(read.keys) == Set(Self.common + Self.readKeys + absentKeys + serverKeys))
    #expect(read["missing"] as? Int == 0 && read["traces"] as? Int == lines.count)
    let stats = try object("stats", "--from", server.address)
    #expect(stats["spans"] as? Int == spans && stats["durability"] as? String == "sync")
    #expect(server.stop() == 0)
    let verified = try SpanlogProcess.run("verify", directory.file("store"))
    #expect(verified.output.hasSuffix("requests, \(spans) spans\n"))
  }

  @Test
  func `in process: the same traces have the same hash, warm, cold, by several threads and over the RPC`()
    throws
  {
    let store = directory.file("store")
    let ids = directory.file("ids")
    let ingest = try object(
      "bench", "ingest", "--data", store, "--seconds", "1", "--segment-bytes", "1MiB", "--durability", "os",
      "--connections", "2", "--in-flight", "3",
      "--spans-per-request", "50", "--sample-ids", ids)
    #expect(Set(ingest.keys) == Set(Self.common + Self.ingestKeys))
    let traceCount = try String(contentsOfFile: ids, encoding: .utf8).split(separator: "\n").count
    let warm = try object("bench", "read", "--data", store, "--ids", ids, "--seconds", "0.01")
    #expect(Set(warm.keys) == Set(Self.common + Self.readKeys))
    let cold = try object("bench", "read", "--data", store, "--ids", ids, "--cold", "--connections", "2")
    #expect(cold["reads"] as? Int == traceCount && cold["missing"] as? Int == 0)
    let server = try ServerProcess(directory: store)
    let remote = try object("bench", "read", "--from", server.address, "--ids", ids, "--seconds", "0.01")
    let hashes = [warm, cold, remote].compactMap { $0["resultHash"] as? String }
    #expect(hashes.count == 3 && Set(hashes).count == 1)
    #expect(server.stop() == 0)
    let sampled = try object("bench", "read", "--data", store, "--seconds", "0.05")
    #expect((sampled["traces"] as? Int ?? 0) > 0)
  }

  @Test func `a trace larger than a stream's credit is read to its end`() throws {
    let spanCount = 12
    var file = ProtobufWriter()
    for number in 1...spanCount {
      var span = ProtobufWriter()
      span.writeBytes([UInt8](repeating: 1, count: 16), field: 1)
      span.writeBytes([0, 0, 0, 0, 0, 0, 0, UInt8(number)], field: 2)
      span.writeString(String(repeating: "x", count: 1 << 20), field: 5)
      let request = [UInt32(2), 2, 1].reduce(span.bytes) { message, field in
        var writer = ProtobufWriter()
        writer.writeBytes(message, field: field)
        return writer.bytes
      }
      file.writeVarint(UInt64(request.count))
      file.bytes += request
    }
    try Data(file.bytes).write(to: URL(filePath: directory.file("large")))
    try "01010101010101010101010101010101".write(
      toFile: directory.file("ids"), atomically: true, encoding: .utf8)
    let server = try ServerProcess(directory: directory.file("store"))
    #expect(try SpanlogProcess.run("import", "--to", server.address, directory.file("large")).status == 0)
    let read = try object(
      "bench", "read", "--from", server.address, "--ids", directory.file("ids"), "--seconds", "0.01")
    #expect(read["hashedSpans"] as? Int == spanCount && read["missing"] as? Int == 0)
    #expect(server.stop() == 0)
  }

  @Test func `at a rate so many spans are sent, of a recording too`() throws {
    let ingest = try object(
      "bench", "ingest", "--data", directory.file("store"), "--seconds", "2", "--rate", "600",
      "--corpus", SpanlogProcess.sample, "--connections", "1", "--seed", "5")
    // The last ones may be late, but none comes early.
    #expect((1...1230).contains(ingest["spans"] as? Int ?? 0))
    #expect(ingest["rate"] as? Double == 600 && ingest["seed"] as? Int == 5)
    #expect(ingest["corpus"] as? String == SpanlogProcess.sample)
  }

  @Test func `limits tell a figure for each way, and leave nothing behind`() throws {
    let scratch = directory.file("scratch")
    let limits = try object(
      "bench", "limits", "--data", scratch, "--seconds", "0.001", "--file-bytes", "8MiB", "--corpus",
      SpanlogProcess.sample)
    let rows = try #require(limits["limits"] as? [[String: Any]])
    let names = rows.compactMap { $0["name"] as? String }
    #expect(names.count == rows.count && Set(names).count == names.count)
    #expect(names.count { $0.hasPrefix("write_") } == 16)
    #expect(Set(names).isSuperset(of: ["memcpy_cold", "crc32c_400", "scan", "append_memory"]))
    #expect(rows.allSatisfy { ($0["value"] as? Double ?? 1) > 0 && $0["unit"] is String })
    #expect(rows.first { $0["name"] as? String == "scan" }?["resultHash"] is String)
    #expect(Set(limits.keys).isSuperset(of: Self.common))
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch) == [])
  }

  @Test func `a table has a line for each figure`() throws {
    let result = try SpanlogProcess.run(
      "bench", "ingest", "--data", directory.file("store"), "--seconds", "0.05", "--connections", "1")
    #expect(result.status == 0)
    for name in ["question ", "machine ", "spans/s ", "ack p99.9 ", "client CPU ", "server CPU "] {
      #expect(result.output.contains("\n" + name) || result.output.hasPrefix(name))
    }
  }

  @Test func `a server that is not there is told, and so is a store without traces`() throws {
    let ingest = try SpanlogProcess.run("bench", "ingest", "--to", "127.0.0.1:1", "--seconds", "0.1")
    #expect(ingest.status == 1 && ingest.errors.contains("cannot connect to 127.0.0.1:1"))
    let many = try SpanlogProcess.run(
      "bench", "ingest", "--to", "127.0.0.1:1", "--connections", "1000", "--in-flight", "1000")
    #expect(many.status == 1 && many.errors.contains("1000000 requests in flight take "))
    let store = directory.file("store")
    #expect(try SpanlogProcess.run("import", "--data", store, "/dev/null").status == 0)
    let read = try SpanlogProcess.run("bench", "read", "--data", store)
    #expect(read.status == 1 && read.errors.contains("there is nothing to read: no trace was named or found"))
  }

  @Test func `searches find what is stored, and nothing of what is not`() throws {
    let found = try object(
      "bench", "search", "--data", directory.file("store"), "--sealed-spans", "20000", "--unsealed-spans",
      "4000", "--segment-bytes", "2MiB", "--probes", "3")
    #expect(
      Set(found.keys)
        == Set(
          Self.common + [
            "directory", "corpus", "seed", "filter", "limit", "sealedSpans", "sealedSegments", "rowGroups",
            "unsealedSpans", "summarySeconds", "present", "absent", "peakMebibytes",
          ]))
    let sealed = try #require(found["sealedSpans"] as? Int)
    let unsealed = try #require(found["unsealedSpans"] as? Int)
    #expect(sealed >= 20000 && unsealed >= 4000)
    let present = try #require(found["present"] as? [String: Any])
    // One of each round of the corpus.
    #expect(present["found"] as? Int == (sealed + unsealed + 8191) / 8192)
    let absent = try #require(found["absent"] as? [String: Any])
    #expect(absent["found"] as? Int == 0)
    // Again, of what is there.
    let errors = try object(
      "bench", "search", "--data", directory.file("store"), "--sealed-spans", "1", "--unsealed-spans", "1",
      "--filter", "duration > 1h", "--probes", "1")
    #expect((errors["present"] as? [String: Any])?["found"] as? Int == 0)
    #expect(errors["sealedSpans"] as? Int == sealed && errors["unsealedSpans"] as? Int == unsealed)
  }
}
