import Foundation
import SpanTestKit
import SpanWire
import Testing

struct StatsTests {
  private let directory: TemporaryDirectory
  private var store: String { directory.file("store") }

  init() throws {
    directory = try TemporaryDirectory()
    #expect(
      try SpanlogProcess.run("import", "--data", directory.file("store"), SpanlogProcess.sample).status == 0)
  }

  private func object(_ arguments: String...) throws -> [String: Any] {
    let result = try SpanlogProcess.run(arguments + ["--json"], input: Data())
    #expect(result.status == 0, "\(result.errors)")
    return try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
  }

  private func contents() throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: store)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(filePath: store + "/" + $0))) })
  }

  @Test func `spans, requests, traces and services are those that were imported, and nothing is changed`()
    throws
  {
    let before = try contents()
    let stats = try object("stats", store)
    #expect(try contents() == before)
    #expect(stats["spans"] as? Int == 30 && stats["requests"] as? Int == 5)
    #expect(stats["traces"] as? Int == 5 && stats["tracesAreEstimated"] as? Bool == false)
    let services = try #require(stats["services"] as? [[String: Any]])
    #expect(services.reduce(0) { $0 + ($1["spans"] as? Int ?? 0) } == 30)
    #expect(abs(services.reduce(0.0) { $0 + ($1["share"] as? Double ?? 0) } - 1) < 0.001)
    #expect(stats["damages"] as? Int == 0 && stats["freeBytes"] as? Int ?? 0 > 0)
  }

  @Test func `the sections are all of the files' bytes`() throws {
    let stats = try object("stats", store)
    let sections = try #require(stats["sections"] as? [String: Int])
    #expect(sections.values.reduce(0, +) == stats["bytes"] as? Int)
    #expect(sections["unread"] == 0 && sections["bodies", default: 0] > 0)
    let files = try contents()
    let segments = files.filter { $0.key.hasSuffix(".active") }
    #expect(stats["bytes"] as? Int == segments.reduce(0) { $0 + $1.value.count })
    #expect(stats["fullFiles"] as? Int == segments.count && stats["activeFiles"] as? Int == 0)
    let indexes = files.filter { $0.key.hasSuffix(".index") }.reduce(0) { $0 + $1.value.count }
    let others = files.reduce(0) { $0 + $1.value.count } - segments.reduce(0) { $0 + $1.value.count }
    #expect(stats["indexFileBytes"] as? Int == indexes && indexes > 0)
    #expect(stats["otherFileBytes"] as? Int == others - indexes)
  }

  @Test func `damage is warned of, and its bytes belong to no section`() throws {
    let name = try #require(try contents().keys.first { $0.hasSuffix(".active") })
    let file = try FileHandle(forUpdating: URL(filePath: store + "/" + name))
    try file.seek(toOffset: 4096)
    try file.write(contentsOf: Data(repeating: 0xff, count: 64))
    try file.close()
    let result = try SpanlogProcess.run("stats", store)
    #expect(result.status == 0 && result.errors.contains("Warning: corrupt bytes in \(name)"))
    #expect(result.output.contains("unread "))
  }

  @Test func `a file without a header is damage, and its bytes are counted`() throws {
    let name = try #require(try contents().keys.first { $0.hasSuffix(".active") })
    let size = try contents()[name]?.count
    let file = try FileHandle(forUpdating: URL(filePath: store + "/" + name))
    try file.write(contentsOf: Data(repeating: 0, count: 4096))
    try file.close()
    let stats = try object("stats", store)
    #expect(stats["bytes"] as? Int == size && (stats["sections"] as? [String: Int])?["unread"] == size)
    #expect(stats["damages"] as? Int == 1 && stats["spans"] as? Int == 0)
  }

  @Test func `a directory that a server has open, or that is none, is refused with the remedy`() throws {
    let none = try SpanlogProcess.run("stats", directory.path)
    #expect(none.status == 1 && none.errors.contains("is no data directory: it has no store.identity"))
    let server = try ServerProcess(directory: store)
    let used = try SpanlogProcess.run("stats", store)
    #expect(used.status == 1 && used.errors.contains("ask that server instead (--from HOST:PORT)"))
    let stats = try object("stats", "--from", server.address)
    #expect(stats["spans"] as? Int == 30 && stats["requests"] as? Int == 5)
    #expect(server.stop() == 0)
  }

  @Test func `a server that has retired files divides what is stored by what is stored`() throws {
    let server = try ServerProcess(
      directory: directory.file("retaining"), "--segment-bytes", "1MiB", "--lanes", "1", "--retain-bytes",
      "4MiB",
      "--durability", "os", "--seal", "off")
    let before = try object("stats", "--from", server.address)
    #expect(before["retiredFiles"] as? Int == 0)
    var stats = before
    while stats["retiredFiles"] as? Int == 0 {
      let load = try SpanlogProcess.run(
        "bench", "ingest", "--to", server.address, "--seconds", "0.5", "--connections", "1")
      try #require(load.status == 0, "\(load.errors)")
      stats = try object("stats", "--from", server.address)
    }
    let spans = try #require(stats["spans"] as? Int)
    let requests = try #require(stats["requests"] as? Int)
    let accepted = try #require(stats["acceptedSpans"] as? Int)
    #expect(spans == 512 * requests && spans > 0 && spans < accepted)
    let bytesPerSpan = try #require(stats["bytesPerSpan"] as? Double)
    #expect(bytesPerSpan > 400 && bytesPerSpan < 600)
    #expect(server.stop() == 0)
  }

  @Test func `what arrived in one moment foretells nothing`() throws {
    let other = directory.file("other")
    var generator = RequestGenerator(seed: 1)
    let request = generator.request()
    var file = ProtobufWriter()
    file.writeVarint(UInt64(request.bytes.count))
    try Data(file.bytes + request.bytes).write(to: URL(filePath: directory.file("one")))
    #expect(try SpanlogProcess.run("import", "--data", other, directory.file("one")).status == 0)
    let result = try SpanlogProcess.run("stats", other)
    #expect(result.output.contains("cannot be told: all that is stored arrived in one moment"))
  }
}
