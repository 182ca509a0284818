import Foundation
import SpanTestKit
import Testing

/// Whole ways through the program: spans in, spans out.
struct JourneyTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func importSample(_ more: String...) throws {
    let result = try SpanlogProcess.run(
      ["import", "--data", directory.path] + more + [SpanlogProcess.sample], input: Data())
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func `what is imported over the RPC is read back over it, and from the directory afterwards`() throws
  {
    let server = try ServerProcess(directory: directory.path, "--seal", "off")
    let imported = try SpanlogProcess.run("import", "--to", server.address, SpanlogProcess.sample)
    #expect(imported.status == 0 && imported.output.isEmpty)
    #expect(imported.errors.hasPrefix("imported 5 requests with 30 spans, 0 rejected, in "))
    let tree = try SpanlogProcess.run("read", "--from", server.address, "84b3fad94c6112edd6af3347d06f6f1d")
    #expect(tree.status == 0 && tree.errors.isEmpty)
    #expect(tree.output.contains("load-generator  OrderVehicle"))
    #expect(tree.output.contains("\n   └─ ride-sharing-app  BikeHandler"))
    #expect(server.stop() == 0)
    let offline = try SpanlogProcess.run("read", "--data", directory.path, "84b3fad94c6112edd6af3347d06f6f1d")
    #expect(offline.output == tree.output)
  }

  @Test func `a server's and a directory's answers are the same bytes in each format`() throws {
    try importSample()
    let formats = ["tree", "otlp-json", "protobuf"]
    let ids =
      "5b8efff798038103d269b633813fc60c\n\n{\"spans\":12,\"trace_id\": \"0DF84E36B9E2EE3815D07F0867A5BE1F\"}\n"
    let offline = try formats.map {
      try SpanlogProcess.run("read", "--data", directory.path, "--ids", "-", "--format", $0, input: ids)
    }
    let server = try ServerProcess(directory: directory.path, "--seal", "off")
    for (format, expected) in zip(formats, offline) {
      let result = try SpanlogProcess.run(
        "read", "--from", server.address, "--ids", "-", "--format", format, input: ids)
      #expect(result.status == 0 && !result.output.isEmpty && result.output == expected.output)
    }
  }

  @Test func `all traces come out of a second store as they came out of the first`() throws {
    try importSample()
    let first = try SpanlogProcess.run("read", "--data", directory.path, "--all", "--format", "otlp-json")
    let json = try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: [Any]]
    #expect(json?["resourceSpans"]?.isEmpty == false)
    let other = try TemporaryDirectory()
    let copy = "\"$0\" read --data \"$1\" --all --format protobuf | \"$0\" import --data \"$2\" -"
    #expect(try Shell.run(copy, SpanlogProcess.executable.path, directory.path, other.path) == 0)
    let second = try SpanlogProcess.run("read", "--data", other.path, "--all", "--format", "otlp-json")
    #expect(Set(traceIDs(second.output)) == Set(traceIDs(first.output)))
    #expect(second.output.utf8.count == first.output.utf8.count)
  }

  private func traceIDs(_ json: String) -> [Substring] {
    json.split(separator: "\"traceId\":\"").dropFirst().map { $0.prefix(32) }
  }

  @Test func `to import twice changes no answer`() throws {
    try importSample()
    let once = try SpanlogProcess.run("read", "--data", directory.path, "84b3fad94c6112edd6af3347d06f6f1d")
    try importSample("--window", "1", "--rate", "100000")
    let twice = try SpanlogProcess.run("read", "--data", directory.path, "84b3fad94c6112edd6af3347d06f6f1d")
    #expect(once.output.contains("spans     4") && twice.output == once.output)
  }

  @Test func `what is deleted in a directory or by a server is gone from both, and the rest is not`() throws {
    try importSample()
    let ids = ["84b3fad94c6112edd6af3347d06f6f1d", "0df84e36b9e2ee3815d07f0867a5be1f"]
    let offline = try SpanlogProcess.run("delete", "--data", directory.path, ids[0], "1")
    #expect(offline.status == 0 && offline.errors.isEmpty)
    #expect(offline.output == "\(ids[0]) 4\n00000000000000000000000000000001 0\n")
    // What is deleted would else be gone from the disk before anybody looks.
    let server = try ServerProcess(directory: directory.path, "--seal", "off")
    let online = try SpanlogProcess.run("delete", "--from", server.address, ids[1], ids[0])
    #expect(online.status == 0 && online.output.hasSuffix("\n\(ids[0]) 0\n"))
    let all = try SpanlogProcess.run("read", "--from", server.address, "--all", "--format", "otlp-json")
    #expect(all.status == 0 && Set(traceIDs(all.output)).count == 3)
    #expect(ids.allSatisfy { !all.output.contains($0) })
    let stats = try SpanlogProcess.run("stats", "--from", server.address)
    #expect(stats.output.contains("2 traces of which spans may be in the files; 1 deletions"))
    #expect(server.stop() == 0)
    let verified = try SpanlogProcess.run("verify", directory.path)
    #expect(verified.status == 0 && verified.output.contains(", 1 tombstone, "))
    let inspected = try SpanlogProcess.run("inspect", directory.path)
    #expect(inspected.output.contains("    deleted 2"))
    #expect(try SpanlogProcess.run("read", "--data", directory.path, ids[0]).status == 1)
  }

  @Test func `a directory that is none is not made by a deletion in it`() throws {
    let result = try SpanlogProcess.run("delete", "--data", directory.path + "/none", "1")
    #expect(result.status == 1 && result.errors.contains("there is no such directory"))
  }

  @Test func `skip and limit page within a trace`() throws {
    try importSample()
    let pages = try (0..<4).map { skip in
      try SpanlogProcess.run(
        "read", "--data", directory.path, "84b3fad94c6112edd6af3347d06f6f1d", "--skip", "\(skip)", "--limit",
        "1",
        "--format", "otlp-json"
      ).output
    }
    #expect(Set(pages).count == 4 && pages.allSatisfy { $0.components(separatedBy: "\"spanId\"").count == 2 })
  }

  @Test func `an unknown trace is told, one of a list with the others' count`() throws {
    try importSample()
    let one = try SpanlogProcess.run("read", "--data", directory.path, "abc")
    #expect(one.status == 1 && one.output.isEmpty)
    #expect(one.errors == "Error: trace 00000000000000000000000000000abc is not in the store\n")
    let list = try SpanlogProcess.run(
      "read", "--data", directory.path, "--ids", "-", input: "abc\n5b8efff798038103d269b633813fc60c")
    #expect(list.status == 1 && list.output.contains("my.service"))
    #expect(list.errors.hasPrefix("Error: 1 of 2 traces are not in the store, the first of them 0000"))
  }

  @Test func `what a list names before a bad line is read, and then the line is told`() throws {
    try importSample()
    let server = try ServerProcess(directory: directory.path)
    let result = try SpanlogProcess.run(
      "read", "--from", server.address, "--ids", "-", input: "5b8efff798038103d269b633813fc60c\nxyz\n")
    #expect(result.status == 1 && result.output.contains("my.service"))
    #expect(result.errors.hasPrefix("Error: standard input: line 2 names no trace; write 1 to 32 hex digits"))
    #expect(server.stop() == 0)
  }

  @Test func `a reader that leaves ends a read without a word`() throws {
    try importSample()
    let text = "\"$0\" read --data \"$1\" --all --format otlp-json 2>\"$2\" | true; exit ${PIPESTATUS[0]}"
    let other = try TemporaryDirectory()
    let errors = other.file("errors")
    #expect(try Shell.run(text, SpanlogProcess.executable.path, directory.path, errors) == 0)
    #expect(try String(contentsOfFile: errors, encoding: .utf8).isEmpty)
  }
}

/// A line of bash, its arguments `$0`, `$1` and so on.
enum Shell {
  static func run(_ line: String, _ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", line] + arguments
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
