import Foundation
import SpanTestKit
import Testing

/// What commands say of a directory some bytes of which are not those that were written.
struct DamageTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try importSample()
  }

  @discardableResult
  private func importSample() throws -> SpanlogProcess.Result {
    let result = try SpanlogProcess.run("import", "--data", directory.path, SpanlogProcess.sample)
    #expect(result.status == 0, "\(result.errors)")
    return result
  }

  private func segments() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".active") }
      .sorted()
  }

  private func change(_ name: String, _ change: (inout Data) throws -> Void) throws {
    let url = URL(filePath: directory.file(name))
    var bytes = try Data(contentsOf: url)
    try change(&bytes)
    try bytes.write(to: url)
  }

  /// The byte before the id of a trace in a directory; in a body a tag and a length stand there.
  private func directoryPosition(of traceID: [UInt8], in bytes: Data) throws -> Int {
    var start = bytes.startIndex
    while let range = bytes.range(of: Data(traceID), in: start..<bytes.endIndex) {
      if bytes[range.lowerBound - 2..<range.lowerBound] != Data([0x0a, 0x10]) { return range.lowerBound }
      start = range.upperBound
    }
    throw CancellationError()
  }

  @Test(arguments: ["otlp-json", "tree", "protobuf"])
  func `all but the traces of a damaged directory are written, as a whole document`(format: String) throws {
    let traceID: [UInt8] = [
      0x84, 0xb3, 0xfa, 0xd9, 0x4c, 0x61, 0x12, 0xed, 0xd6, 0xaf, 0x33, 0x47, 0xd0, 0x6f, 0x6f, 0x1d,
    ]
    let name = try #require(segments().first)
    try change(name) { $0[try directoryPosition(of: traceID, in: $0)] ^= 1 }
    let result = try SpanlogProcess.run("read", "--data", directory.path, "--all", "--format", format)
    #expect(result.status == 1 && result.output.contains("my.service"), "\(result.errors)")
    #expect(result.errors.contains("corrupt bytes in \(name) at position "), "\(result.errors)")
    #expect(result.errors.hasSuffix("Error: what was written may not be all there is, see above\n"))
    let lines = result.errors.split(separator: "\n")
    #expect(Set(lines).count == lines.count, "a damage is told twice: \(result.errors)")
    guard format == "otlp-json" else { return }
    #expect(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) is [String: Any])
  }

  @Test func `a file that cannot be read is told by read and import, and what is left is written`() throws {
    let name = try #require(segments().first)
    try importSample()
    try change(name) { $0.replaceSubrange(0..<16384, with: Data(repeating: 7, count: 16384)) }
    for selection in [["--all"], ["5b8efff798038103d269b633813fc60c"]] {
      let read = try SpanlogProcess.run(["read", "--data", directory.path] + selection, input: Data())
      #expect(read.status == 1 && read.output.contains("my.service"))
      #expect(read.errors.hasPrefix("Warning: corrupt bytes in \(name)"), "\(read.errors)")
    }
    #expect(try importSample().errors.hasPrefix("Warning: corrupt bytes in \(name)"))
    let server = try ServerProcess(directory: directory.path)
    let one = try SpanlogProcess.run("read", "--from", server.address, "5b8efff798038103d269b633813fc60c")
    #expect(one.status == 0 && one.errors.contains("found 1 damage in its files: answers may lack spans"))
    let all = try SpanlogProcess.run("read", "--from", server.address, "--all")
    #expect(all.status == 1 && all.output.contains("my.service") && all.errors.contains("found 1 damage"))
  }

  @Test func `what was read before a bad line of ids is written`() throws {
    let result = try SpanlogProcess.run(
      "read", "--data", directory.path, "--ids", "-", "--format", "otlp-json",
      input: "5b8efff798038103d269b633813fc60c\nxyz\n")
    #expect(result.status == 1 && result.errors.contains("line 2 names no trace"))
    #expect(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) is [String: Any])
    #expect(result.output.contains("my.service"))
  }
}
