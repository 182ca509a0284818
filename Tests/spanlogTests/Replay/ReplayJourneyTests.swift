import Foundation
import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import Testing

@testable import spanlog

/// `spanlog replay` as its users run it.
struct ReplayJourneyTests {
  private let directory: TemporaryDirectory
  private let source: String

  init() throws {
    directory = try TemporaryDirectory()
    source = directory.file("source")
    try expect(["import", "--data", source, SpanlogProcess.sample])
  }

  @discardableResult
  private func expect(
    _ arguments: [String], status: Int32 = 0, input: Data = Data(),
    _ location: SourceLocation = #_sourceLocation
  ) throws -> SpanlogProcess.Result {
    let result = try SpanlogProcess.run(arguments, input: input)
    #expect(result.status == status, "\(result.errors)", sourceLocation: location)
    return result
  }

  /// All spans of a directory that no server has open, with their envelopes.
  private func spans(_ directory: String) throws -> Set<GeneratedSpan> {
    let store = try Store.openReadOnly(directory: directory)
    defer { store.close() }
    return Set(try store.traceIDs().flatMap { try store.spans(of: $0) })
  }

  /// All requests as JSON: what went through JSON has its fields in the order of their numbers.
  private func json(_ directory: String) throws -> String {
    try expect(["replay", directory, "--to", "-", "--format", "json"]).output
  }

  private static let total =
    "replayed 5 requests: 30 spans sent, 30 acked, 0 rejected, 0 failed, 0 passed over, in "

  @Test(arguments: [[], ["--order", "end"], ["--rate", "1000000x"]])
  func `a second server has the same traces, and the source is as it was`(flags: [String]) throws {
    let before = try contents(of: source)
    let copy = directory.file("copy")
    let server = try ServerProcess(directory: copy)
    let result = try expect(["replay", source, "--to", "rpc://\(server.address)"] + flags)
    #expect(result.output.isEmpty && result.errors.hasPrefix("replayed "))
    #expect(result.errors.contains("30 spans sent, 30 acked, 0 rejected, 0 failed, 0 passed over, in "))
    server.stop()
    #expect(try spans(copy) == spans(source))
    #expect(try contents(of: source) == before)
  }

  private func contents(of directory: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(filePath: "\(directory)/\($0)"))) })
  }

  @Test(
    arguments: ["protobuf", "json"],
    ["\"$0\" import --data \"$2\" -", "gzip | \"$0\" import --data \"$2\" -"])
  func `what is written to standard output is what import reads`(format: String, importing: String) throws {
    let copy = directory.file("copy")
    let script =
      "set -o pipefail; \"$0\" replay \"$1\" --to - --format \(format) 2>/dev/null | \(importing) 2>/dev/null"
    #expect(try Shell.run(script, SpanlogProcess.executable.path, source, copy) == 0)
    #expect(try format == "json" ? json(copy) == json(source) : spans(copy) == spans(source))
  }

  @Test func `what is selected, moved and given fresh ids is still a trace`() throws {
    let copy = directory.file("copy")
    let flags = [
      "--service", "load-generator", "--since", "2022-08-09T00:00:00Z", "--shift-to-now", "--fresh-ids",
    ]
    let written = try SpanlogProcess.output(["replay", source, "--to", "-"] + flags)
    #expect(written.errors.contains("\nleft out "))
    try expect(["import", "--data", copy, "-"], input: written.output)
    let found = try expect(["read", "--data", copy, "--all"]).output
    #expect(found.contains("load-generator  OrderVehicle") && found.contains("└─ load-generator  HTTP GET"))
    #expect(!found.contains("ride-sharing-app") && !found.contains("84b3fad94c6112edd6af3347d06f6f1d"))
    #expect(!found.contains("2022-08-09"))
  }

  @Test func `a later run goes on behind what was acked`() throws {
    let file = directory.file("position")
    let copy = directory.file("copy")
    let server = try ServerProcess(directory: copy)
    let replay = ["replay", source, "--to", "rpc://\(server.address)", "--resume", file]
    #expect(try expect(replay).errors.hasPrefix(Self.total))
    #expect(
      try String(contentsOfFile: file, encoding: .utf8).contains("\nsequence 5\nshift none\nids none\n"))
    #expect(try expect(replay).errors.hasPrefix("replayed 0 requests: 0 spans sent"))
    try expect(["import", "--data", source, SpanlogProcess.sample])
    #expect(try expect(replay).errors.hasPrefix(Self.total))
    #expect(
      try expect(replay + ["--fresh-ids"], status: 1).errors
        == "Error: \(file) is of a replay without --fresh-ids; run it in the same way, or name another file\n"
    )
    try Data("x".utf8).write(to: URL(filePath: file))
    #expect(
      try expect(replay, status: 1).errors.contains("\(file) is no file of --resume; name another, or remove")
    )
  }

  @Test func `an interrupted replay says how to go on, and a later run sends the rest`() throws {
    let file = directory.file("position")
    let copy = directory.file("copy")
    let server = try ServerProcess(directory: copy)
    let arguments = ["replay", source, "--to", "rpc://\(server.address)", "--resume", file]
    // Slow enough that nothing but the first request goes out.
    let process = Process()
    let errors = Pipe()
    process.executableURL = SpanlogProcess.executable
    process.arguments = arguments + ["--order", "end", "--rate", "0.000001x"]
    process.standardError = errors
    try process.run()
    while try !SpanlogProcess.run("read", "--from", server.address, "--all").output.contains("spans") {}
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let text = DrainedPipe(errors).text
    #expect(text.contains("Error: interrupted by SIGINT; "), "\(text)")
    #expect(
      text.contains(
        " spans were acked by \(server.address) before. Run it again with --resume \(file) to go on"))
    try expect(arguments)
    server.stop()
    #expect(try spans(copy) == spans(source))
  }

  @Test func `a server that is killed and comes back gets everything`() throws {
    let many = directory.file("many")
    try expect(["import", "--data", many] + Array(repeating: SpanlogProcess.sample, count: 200))
    let copy = directory.file("copy")
    var server = try ServerProcess(directory: copy)
    let port = server.port
    let process = Process()
    let pipe = Pipe()
    process.executableURL = SpanlogProcess.executable
    // A second or more, whatever the import took.
    process.arguments = [
      "replay", many, "--to", "rpc://\(server.address)", "--in-flight", "1", "--rate", "0.2x",
    ]
    process.standardError = pipe
    try process.run()
    let errors = DrainedPipe(pipe)
    while try !SpanlogProcess.run("read", "--from", server.address, "--all").output.contains("spans") {}
    server.stop(SIGKILL)
    _ = errors.text(with: "retrying")
    server = try ServerProcess(directory: copy, "--rpc", "127.0.0.1:\(port)")
    process.waitUntilExit()
    let text = errors.text
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.contains(" 6000 spans sent, 6000 acked, 0 rejected, 0 failed"), "\(text)")
    #expect(text.contains("\(server.address) gave no answer: "), "\(text)")
    server.stop()
    #expect(try spans(copy) == spans(source))
  }

  @Test func `a target that rejects spans, or refuses requests, is told and the exit says so`() throws {
    let script = try ScriptedServer { method, number in
      guard method == .append else { return (RPCMethod.hello.answer, HelloAnswer().encoded) }
      return number == 1
        ? ScriptedServer.error(RPCStatus(.invalidArgument, "it is too long"))
        : (
          RPCMethod.append.answer,
          number == 2 ? AppendAnswerBody(rejectedSpanCount: 1, message: "old").encoded : []
        )
    }
    let result = try expect(
      ["replay", source, "--to", "rpc://\(script.address)", "--in-flight", "1"], status: 1)
    #expect(result.errors.contains(" 1 rejected, "), "\(result.errors)")
    #expect(
      result.errors.contains("\nthe first rejected: old\nthe first that failed: Append to "),
      "\(result.errors)")
    #expect(result.errors.contains("it is too long\nError: "), "\(result.errors)")
    #expect(result.errors.contains(" of 30 spans were not acked by \(script.address), see above; "))
    #expect(
      result.errors.hasSuffix("\(script.address) rejected 1 of 30 spans, see above\n"), "\(result.errors)")
  }

  @Test func `nobody listening, a directory in use and none at all are refused`() throws {
    #expect(
      try expect(["replay", source, "--to", "rpc://127.0.0.1:1"], status: 1).errors.contains(
        "cannot connect to 127.0.0.1:1"))
    #expect(
      try expect(["replay", source, "--to", "otlp+http://127.0.0.1:1"], status: 1).errors.contains(
        "127.0.0.1:1: cannot connect: Connection refused"))
    #expect(
      try expect(["replay", directory.file("none"), "--to", "-"], status: 1).errors.contains(
        "no such directory"))
    let server = try ServerProcess(directory: source)
    #expect(
      try expect(["replay", source, "--to", "-"], status: 1).errors.contains(
        "in use by process \(server.processID)"))
  }

  @Test func `damage is passed over and told, and the rest is sent`() throws {
    let whole = try spans(source)
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: source).first { $0.hasSuffix(".active") })
    let url = URL(filePath: "\(source)/\(name)")
    var bytes = try Data(contentsOf: url)
    bytes[try #require(bytes.range(of: Data("OrderVehicle".utf8))).lowerBound] ^= 1
    try bytes.write(to: url)
    let copy = directory.file("copy")
    let written = try SpanlogProcess.output(["replay", source, "--to", "-"])
    #expect(written.status == 1)
    #expect(written.errors.contains("Warning: corrupt bytes in \(name) at position "), "\(written.errors)")
    #expect(written.errors.hasSuffix("Error: what was sent may not be all there is, see above\n"))
    try expect(["import", "--data", copy, "-"], input: written.output)
    #expect(try spans(copy).isStrictSubset(of: whole) && spans(copy).count >= 24)
  }

  @Test func `standard output that nobody reads ends it`() throws {
    let script = "\"$0\" replay \"$1\" --to - 2>/dev/null | true; exit ${PIPESTATUS[0]}"
    let status = try Shell.run(script, SpanlogProcess.executable.path, source)
    // It may have been read to the end, or left before.
    #expect(status == 1 || status == 0)
    #expect(
      try Shell.run(
        "\"$0\" replay \"$1\" --to - 2>/dev/null >/dev/full", SpanlogProcess.executable.path, source) == 1)
  }
}
