import Foundation
import SpanTestKit
import Testing

/// `spanlog compact`, as its users call it.
struct CompactTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    // Twice, so that there are copies, in two log segments.
    for _ in 0..<2 {
      let result = try SpanlogProcess.run("import", "--data", directory.path, SpanlogProcess.sample)
      #expect(result.status == 0, "\(result.errors)")
    }
  }

  private func compact(_ more: String...) throws -> SpanlogProcess.Result {
    try SpanlogProcess.run(["compact", directory.path] + more, input: Data())
  }

  private func json(_ result: SpanlogProcess.Result) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
  }

  private func all() throws -> Set<Substring> {
    let result = try SpanlogProcess.run("read", "--data", directory.path, "--all", "--format", "otlp-json")
    return Set(result.output.split(separator: "\"spanId\":\"").dropFirst().map { $0.prefix(16) })
  }

  private func contents() throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    return try Dictionary(
      uniqueKeysWithValues: names.map { name in
        (name, try Data(contentsOf: URL(filePath: directory.path + "/" + name)))
      })
  }

  @Test func `copies go, the rest is read back from one file, and another time changes nothing`() throws {
    let before = try all()
    let report = try json(try compact("--json"))
    #expect(report["spansRead"] as? Int == 60 && report["copiesDropped"] as? Int == 30)
    #expect(report["mergedFiles"] as? Int == 2 && report["filesAfter"] as? Int == 1)
    #expect(try all() == before)
    let files = try contents().filter { $0.key.hasSuffix(".sealed") }
    let again = try json(try compact("--json"))
    #expect(again["mergedFiles"] as? Int == 0)
    #expect(try contents().filter { $0.key.hasSuffix(".sealed") } == files)
  }

  @Test func `a dry run tells what the run then does, and changes no byte`() throws {
    let before = try contents()
    let rules = ["--keep", "trace = 84b3fad94c6112edd6af3347d06f6f1d", "--settle", "0", "--json"]
    let planned = try json(
      try SpanlogProcess.run(["compact", directory.path, "--dry-run"] + rules, input: Data()))
    #expect(try contents() == before)
    let done = try json(try SpanlogProcess.run(["compact", directory.path] + rules, input: Data()))
    for name in ["spansRead", "spansKept", "spansDroppedByRules", "tracesDroppedByRules", "copiesDropped"] {
      #expect(planned[name] as? Int == done[name] as? Int, "\(name)")
    }
    #expect(planned["bytesAfter"] as? Int == done["bytesAfter"] as? Int)
    #expect(done["spansKept"] as? Int == 4)
    #expect(try all().count == 4)
  }

  @Test func `traces that are not settled are kept, and old spans are not`() throws {
    let report = try json(try compact("--keep", "error and not error", "--json"))
    #expect(report["spansKept"] as? Int == 30 && report["spansDroppedByRules"] as? Int == 0)
    let old = try json(try compact("--drop-older-than", "1ms", "--json"))
    #expect(old["oldSpansDropped"] as? Int == 30 && old["filesAfter"] as? Int == 0)
    #expect(try all().isEmpty)
  }

  @Test func `what was deleted is dropped`() throws {
    let id = "84b3fad94c6112edd6af3347d06f6f1d"
    #expect(try SpanlogProcess.run("delete", "--data", directory.path, id).status == 0)
    let report = try json(try compact("--json"))
    #expect(report["deletedSpansDropped"] as? Int == 8 && report["spansKept"] as? Int == 26)
    #expect(try SpanlogProcess.run("read", "--data", directory.path, id).output.isEmpty)
    let again = try json(try compact("--json"))
    #expect(again["mergedFiles"] as? Int == 0, "a deletion that is carried out is carried out once more")
  }

  @Test func `a mistake in a rule is shown, and what is no store or in use is not touched`() throws {
    let mistaken = try compact("--keep", "duration > fast")
    #expect(mistaken.status == 64)
    #expect(mistaken.errors.contains("--keep: ") && mistaken.errors.contains("  duration > fast\n"))
    let empty = try TemporaryDirectory()
    let none = try SpanlogProcess.run("compact", empty.path)
    #expect(none.status == 1 && none.errors.contains("is no data directory"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: empty.path).isEmpty)
    let server = try ServerProcess(directory: directory.path)
    let used = try compact()
    #expect(used.status == 1 && used.errors.contains("is in use by"))
    #expect(server.stop() == 0)
  }
}
