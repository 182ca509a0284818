import Foundation
import SpanTestKit
import Testing

/// What the program says when something is wrong.
struct TroubleTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test(
    arguments: [
      ("a.otlp", [5, 1, 2], "a.otlp: byte 1: a message of 5 bytes is cut off after 2"),
      ("b.otlp", [2, 0x0a, 0, 0x80], "b.otlp: byte 3: there is no length in front of a message"),
      ("c.otlp", [1, 0, 2, 0x0a, 9], "c.otlp: byte 1, in the message at byte 1: invalid protobuf at byte 0"),
      (
        "d.otlp", [0xff, 0xff, 0xff, 0xff, 0x7f], "d.otlp: byte 5: a message of 34359738367 bytes is too long"
      ),
      ("f.json", Array("[{\"a\": 1}]".utf8), "f.json: it looks like JSON, but of another kind than OTLP's"),
      (
        "g.json", Array("{\"resourceSpans\": []}\n{\"resourceSpans\":\n 5}".utf8),
        "g.json: line 3, byte 2: \"[\" should stand here"
      ),
      ("h.json", Array("{\"resourceSpans\": []} x".utf8), "h.json: line 1, byte 23: no JSON object begins"),
      (
        "i.json", Array("\n{\"resourceSpans\": [".utf8),
        "i.json: the JSON object that begins in line 2 is cut"
      ),
      ("e.otlp", [0x1f, 0x8b, 8, 0], "e.otlp: the gzip stream is cut off at byte 4"),
    ] as [(String, [UInt8], String)])
  func `a bad file is named with the byte`(name: String, bytes: [UInt8], message: String) throws {
    try Data(bytes).write(to: URL(filePath: directory.file(name)))
    let result = try SpanlogProcess.run("import", "--data", directory.file("store"), directory.file(name))
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test func `a server that is killed is told with what it acked, and nothing of that is lost`() throws {
    let server = try ServerProcess(directory: directory.path)
    let importing = Process()
    let errors = Pipe()
    importing.executableURL = SpanlogProcess.executable
    importing.arguments =
      ["import", "--to", server.address, "--rate", "50", "--window", "1"]
      + Array(repeating: SpanlogProcess.sample, count: 100)
    importing.standardError = errors
    try importing.run()
    let reading = DrainedPipe(errors)
    // Something is acked as soon as something can be read.
    var found = false
    while !found {
      found = try SpanlogProcess.run("read", "--from", server.address, "--all").output.contains("trace")
    }
    #expect(server.stop(SIGKILL) == SIGKILL)
    importing.waitUntilExit()
    #expect(importing.terminationStatus == 1)
    #expect(reading.text.contains("Running the import again is safe: equal spans are returned once."))
    let verified = try SpanlogProcess.run("verify", directory.path)
    #expect(verified.status == 0 && verified.output.contains("whole: "), "\(verified.output)")
    #expect(try SpanlogProcess.run("read", "--data", directory.path, "--all").output.contains("trace"))
  }

  @Test func `nobody listening is told with the address`() throws {
    let result = try SpanlogProcess.run("import", "--to", "127.0.0.1:1", SpanlogProcess.sample)
    #expect(result.status == 1 && result.errors.contains("cannot connect to 127.0.0.1:1"))
  }

  @Test func `a directory in use is refused by a second server and by the offline tools`() throws {
    let server = try ServerProcess(directory: directory.path)
    for arguments in [
      ["serve", "--data", directory.path], ["read", "--data", directory.path, "--all"],
      ["import", "--data", directory.path, SpanlogProcess.sample],
    ] {
      let result = try SpanlogProcess.run(arguments, input: Data())
      #expect(
        result.status == 1 && result.errors.contains("in use by process \(server.processID)"))
    }
    #expect(try SpanlogProcess.run("verify", directory.path).status == 2)
  }

  @Test func `damage to an acked record is told by verify, and the other traces still read`() throws {
    #expect(try SpanlogProcess.run("import", "--data", directory.path, SpanlogProcess.sample).status == 0)
    #expect(try SpanlogProcess.run("verify", directory.path).status == 0)
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: directory.path).first { $0.hasSuffix(".active") })
    var bytes = try Data(contentsOf: URL(filePath: directory.file(name)))
    let position = try #require(bytes.range(of: Data("OrderVehicle".utf8))).lowerBound
    bytes[position] ^= 1
    try bytes.write(to: URL(filePath: directory.file(name)))
    let verified = try SpanlogProcess.run("verify", directory.path)
    #expect(verified.status == 1)
    #expect(verified.output.contains("\(name): damaged at position "), "\(verified.output)")
    let whole = try SpanlogProcess.run("read", "--data", directory.path, "5b8efff798038103d269b633813fc60c")
    #expect(whole.status == 0 && whole.output.contains("my.service"))
    let damaged = try SpanlogProcess.run("read", "--data", directory.path, "84b3fad94c6112edd6af3347d06f6f1d")
    #expect(damaged.status == 1 && damaged.errors.contains(name) && !damaged.output.contains("OrderVehicle"))
  }

  @Test func `a verdict that cannot be written is none`() throws {
    #expect(try SpanlogProcess.run("import", "--data", directory.path, SpanlogProcess.sample).status == 0)
    let executable = SpanlogProcess.executable.path
    #expect(try Shell.run("\"$0\" verify \"$1\" 2>&1 >/dev/full", executable, directory.path) == 2)
    let left = "\"$0\" verify \"$1\" | true; exit ${PIPESTATUS[0]}"
    #expect(try Shell.run(left, executable, directory.path) == 0)
  }

  @Test func `inspect shows each record of a file, with its traces when asked to`() throws {
    #expect(try SpanlogProcess.run("import", "--data", directory.path, SpanlogProcess.sample).status == 0)
    let all = try SpanlogProcess.run("inspect", directory.path)
    #expect(all.status == 0)
    #expect(all.output.components(separatedBy: "\n  record  position ").count == 6)
    let file = try #require(all.output.split(separator: " ").dropFirst().first)
    let one = try SpanlogProcess.run("inspect", directory.file(String(file)), "--traces")
    #expect(one.output.contains("\n    trace 84b3fad94c6112edd6af3347d06f6f1d\n"))
    #expect(try SpanlogProcess.run("inspect", directory.file("none")).errors.contains("cannot find"))
    for name in ["store.identity", "lane-0.ledger"] {
      let other = try SpanlogProcess.run("inspect", directory.file(name))
      #expect(other.status == 1)
      #expect(
        other.errors.contains(
          "\(name) is no segment: its name is neither lane-L-SSSSSSSSSSSSSSSS.active nor "))
    }
    #expect(try SpanlogProcess.run("inspect", "/dev/null").errors.contains("/dev/null is no segment"))
  }

  @Test func `inspect goes on behind a file it cannot read, and tells what is no data directory`() throws {
    #expect(try SpanlogProcess.run("import", "--data", directory.path, SpanlogProcess.sample).status == 0)
    let broken = directory.file("lane-0-0000000000000000.active")
    try Data(repeating: 7, count: 16384).write(to: URL(filePath: broken))
    let result = try SpanlogProcess.run("inspect", directory.path)
    #expect(result.status == 1)
    #expect(result.errors.contains("lane-0-0000000000000000.active"), "\(result.errors)")
    #expect(result.output.components(separatedBy: "\n  record  position ").count == 6)
    let empty = try TemporaryDirectory()
    let nothing = try SpanlogProcess.run("inspect", empty.path)
    #expect(nothing.status == 1 && nothing.errors.contains("is no data directory: it has no store.identity"))
  }

  @Test func `an import finds a missing file before it makes a store, and tells an empty one`() throws {
    let missing = try SpanlogProcess.run("import", "--data", directory.file("store"), directory.file("none"))
    #expect(missing.status == 1 && missing.errors.contains("none: cannot be opened: "))
    #expect(!FileManager.default.fileExists(atPath: directory.file("store")))
    try Data().write(to: URL(filePath: directory.file("empty")))
    let empty = try SpanlogProcess.run("import", "--data", directory.file("store"), directory.file("empty"))
    #expect(empty.status == 0 && empty.errors.contains("/empty is empty\nimported 0 requests"))
  }
}
