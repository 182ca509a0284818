import Foundation
import SpanTestKit
import SpanWire
import Testing

/// What the offline commands say of a directory with sealed segments, and that they leave it as it is.
struct SealedCommandTests {
  private let directory: TemporaryDirectory
  private var store: String { directory.file("store") }
  private let name: String

  init() throws {
    directory = try TemporaryDirectory()
    let store = directory.file("store")
    for arguments in [["import", "--data", store, SpanlogProcess.sample], ["compact", store]] {
      let result = try SpanlogProcess.run(arguments, input: Data())
      #expect(result.status == 0, "\(result.errors)")
    }
    let sealed = try FileManager.default.contentsOfDirectory(atPath: store).filter {
      $0.hasSuffix(".sealed")
    }
    name = try #require(sealed.first)
  }

  private func contents(_ path: String? = nil) throws -> [String: Data] {
    let path = path ?? store
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(filePath: path + "/" + $0))) })
  }

  /// Changes the last byte of the row groups.
  private func damage() throws {
    let url = URL(filePath: store + "/" + name)
    var bytes = try Data(contentsOf: url)
    let end = try #require(try sectionEnd("rowGroups"))
    bytes[end - 1] ^= 1
    try bytes.write(to: url)
  }

  private func sectionEnd(_ section: String) throws -> Int? {
    let text = try SpanlogProcess.run("inspect", store + "/" + name).output
    let match = /section (\w+)  position (\d+), (\d+) bytes/
    for line in text.split(separator: "\n") {
      guard let found = line.firstMatch(of: match), found.1 == section else { continue }
      return Int(found.2).flatMap { begin in Int(found.3).map { begin + $0 } }
    }
    return nil
  }

  @Test func `a whole sealed segment is a line of verify, and nothing is changed`() throws {
    let before = try contents()
    let result = try SpanlogProcess.run("verify", store)
    #expect(result.status == 0, "\(result.output)")
    let byteCount = try #require(before[name]).count
    #expect(
      result.output.contains(
        "\(name): 30 spans of 5 traces and 5 requests in 1 row groups, \(byteCount) bytes, sealed\n"))
    #expect(try contents() == before)
  }

  @Test func `damage is told with file, section and position, and what is whole is saved`() throws {
    try damage()
    let before = try contents()
    let saved = directory.file("saved")
    let result = try SpanlogProcess.run("verify", store, "--repair-to", saved)
    #expect(result.status == 1 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.contains("\(name): damaged at position "), "\(result.output)")
    #expect(result.output.contains(" bytes: rowGroups: checksum is 0x"))
    #expect(result.output.contains(" is stored; the spans in these bytes are lost\n"))
    #expect(result.output.contains("touched: trace 5b8efff798038103d269b633813fc60c\n"))
    #expect(try contents() == before)
    let rest =
      before.keys.count { $0.hasSuffix(".sealed") } - 1 + before.keys.count { $0.hasSuffix(".active") }
    #expect(result.output.hasSuffix("saved \(5 * rest) requests with \(30 * rest) spans in \(saved)\n"))
    #expect(try SpanlogProcess.run("verify", saved).status == 0)
    let again = try SpanlogProcess.run("verify", store, "--repair-to", saved)
    #expect(again.status == 2)
    #expect(
      again.errors.contains("cannot open \(saved): it is not empty; name a directory that is new or empty"))
  }

  @Test func `a byte of a section that was wrong is put right in what is saved`() throws {
    let url = URL(filePath: store + "/" + name)
    var bytes = try Data(contentsOf: url)
    bytes[try #require(try sectionEnd("dictionary")) - 60] ^= 4
    try bytes.write(to: url)
    let saved = directory.file("saved")
    let result = try SpanlogProcess.run("verify", store, "--repair-to", saved)
    #expect(result.status == 1)
    #expect(result.output.contains("mended: \(name) at position "), "\(result.output)")
    #expect(result.output.contains(": dictionary: a byte was wrong, and is known\n"))
    let original = try SpanlogProcess.run("read", "--data", saved, "5b8efff798038103d269b633813fc60c")
    #expect(original.status == 0 && original.output.contains("my.service"))
  }

  @Test func `a snapshot is told in a line, reads as the original, and leaves that as it was`() throws {
    let before = try contents()
    let copy = directory.file("copy")
    let result = try SpanlogProcess.run("snapshot", store, "--into", copy)
    let linkedCount = before.keys.count { $0.hasSuffix(".sealed") }
    #expect(result.status == 0 && result.output.hasPrefix("\(copy): \(linkedCount) files linked, "))
    #expect(try contents() == before)
    let arguments = ["--all", "--format", "protobuf", "--data"]
    let originalSpans = try SpanlogProcess.run(["read"] + arguments + [store], input: Data())
    let spans = try SpanlogProcess.run(["read"] + arguments + [copy], input: Data())
    #expect(spans.status == 0 && spans.output == originalSpans.output && !spans.output.isEmpty)
    #expect(try SpanlogProcess.run("verify", copy).status == 0)
    #expect(try contents() == before)
    #expect(
      try SpanlogProcess.run("snapshot", store, "--into", copy).errors
        == "Error: cannot open \(copy): it is not empty; name a directory that is new or empty\n")
  }

  @Test func `files that hold a trace are told, and that none does`() throws {
    let before = try contents()
    let held = try SpanlogProcess.run("verify", store, "--deleted", "5b8efff798038103d269b633813fc60c")
    #expect(held.status == 1 && held.output.contains("\(name): 1 of its spans at position 512\n"))
    #expect(held.output.contains("\nheld: trace 5b8efff798038103d269b633813fc60c is in "))
    let gone = try SpanlogProcess.run("verify", store, "--deleted", "77")
    let byteCount = before.values.reduce(0) { $0 + $1.count }
    #expect(gone.status == 0)
    #expect(
      gone.output
        == "gone: no file holds trace 00000000000000000000000000000077: \(before.count) files, \(byteCount) bytes\n"
    )
    #expect(try contents() == before)
  }

  @Test func `inspect shows footer, sections, columns, records, rows, traces and spans`() throws {
    let before = try contents()
    let result = try SpanlogProcess.run("inspect", store + "/" + name, "--spans")
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(result.status == 0 && lines[0].hasPrefix("sealed \(name)  sequence "))
    #expect(lines[1] == "  spans 30 of 6406 bytes, traces 5, row groups 1, records 5 from 1 to 5")
    for part in [
      "section rowGroups  position 512, ", "section traceFilter  position ", "section tagFilters  position ",
      "tag filters ", "templates 10",
      "column 0  span field 5, text, entries 10",
      "column 1  span, whole, entries 0",
      "supersedes \(name.prefix(33))", "rows 0  position 512, first hash ",
      "  trace 5b8efff798038103d269b633813fc60c, spans 1",
      "    span eee19b7ec3c1b174, parent eee19b7ec3c1b173, 2018-12-13 14:51:00.000000000 UTC to ",
    ] { #expect(lines.contains { $0.hasPrefix(part) }, "\(part)") }
    // Records and columns are numbered as spans come, which are in order of a keyed hash.
    #expect((1...5).allSatisfy { number in lines.contains { $0.contains("  sequence \(number), arrived ") } })
    #expect(lines.contains { $0.hasSuffix("  span field 9 http.flavor, attributeText, entries 1") })
    #expect(try contents() == before)
  }

  @Test func `the parts that stats tells are all of the sealed bytes`() throws {
    let result = try SpanlogProcess.run("stats", store, "--json")
    let stats = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let sealed = try #require(stats["sealed"] as? [String: Any])
    let files = try contents().filter { $0.key.hasSuffix(".sealed") }
    #expect(sealed["bytes"] as? Int == files.values.reduce(0) { $0 + $1.count })
    #expect(sealed["files"] as? Int == files.count && sealed["spans"] as? Int == 30 * files.count)
    let sections = try #require(sealed["sections"] as? [String: Int])
    #expect(sections.values.reduce(0, +) == sealed["bytes"] as? Int)
    let keys = try #require(sealed["keyBytes"] as? Int)
    let values = try #require(sealed["valueBytes"] as? Int)
    #expect(keys + values == sections["rowGroups"] && keys > values)
    let services = try #require(stats["services"] as? [[String: Any]])
    #expect(services.reduce(0) { $0 + ($1["spans"] as? Int ?? 0) } == stats["spans"] as? Int)
    #expect(abs(services.reduce(0.0) { $0 + ($1["share"] as? Double ?? 0) } - 1) < 0.001)
    #expect(stats["bytesPerDay"] as? Double ?? 0 > 0 && stats["secondsToFullDisk"] != nil)
    let table = try SpanlogProcess.run("stats", store).output
    #expect(table.contains("  keys of rows ") && table.contains("    spanAttributes "))
  }
}
