import Foundation
import SpanEngine
import SpanTestKit
import SpanWire
import SystemPackage
import Testing

/// Data directories that cannot be served, and what the program says of them.
struct BadDirectoryTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Every command that takes a directory must refuse it with this text.
  private func expectRefusal(_ path: String, _ text: String) throws {
    for arguments in [
      ["serve", "--rpc", "127.0.0.1:0", "--data", path], ["read", "--all", "--data", path],
      ["import", "--data", path, SpanlogProcess.sample], ["verify", path],
    ] {
      let result = try SpanlogProcess.run(arguments, input: Data())
      #expect(result.status != 0 && result.output.isEmpty, "\(arguments)")
      #expect(result.errors.contains(text), "\(arguments): \(result.errors)")
    }
  }

  private func change(_ name: String, _ change: (inout Data) -> Void) throws {
    let url = URL(filePath: directory.file(name))
    var bytes = try Data(contentsOf: url)
    change(&bytes)
    try bytes.write(to: url)
  }

  @Test func `a file in its place is named`() throws {
    let path = directory.file("file")
    try Data("not a directory".utf8).write(to: URL(filePath: path))
    try expectRefusal(path, "cannot open \(path): it is a file; name a directory")
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("not a directory".utf8))
  }

  @Test func `an identity of a newer format is refused by name and left as it is`() throws {
    #expect(try SpanlogProcess.run("import", "--data", directory.path, SpanlogProcess.sample).status == 0)
    try change("store.identity") { bytes in
      for copy in [0, StoreIdentity.byteCount] { bytes[copy + 8] = 2 }
    }
    let newer = try Data(contentsOf: URL(filePath: directory.file("store.identity")))
    try expectRefusal(
      directory.path,
      "store.identity: its format is version 2, this release reads up to 1; use a newer release")
    #expect(try Data(contentsOf: URL(filePath: directory.file("store.identity"))) == newer)
  }

  @Test func `a segment of a newer format is refused by name and left as it is`() throws {
    #expect(try SpanlogProcess.run("import", "--data", directory.path, SpanlogProcess.sample).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    let name = try #require(names.first { $0.hasSuffix(".active") })
    try change(name) { bytes in
      for copy in [0, SegmentHeader.byteCount] { bytes[copy + 8] = 2 }
    }
    let newer = try Data(contentsOf: URL(filePath: directory.file(name)))
    try expectRefusal(
      directory.path, "\(name): its format is version 2, this release reads up to 1; use a newer release")
    #expect(try Data(contentsOf: URL(filePath: directory.file(name))) == newer)
  }

  @Test func `a file system that is read-only is told with its remedy, and still read`() throws {
    let platform = SimulatedPlatform()
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = 1 << 20
    var generator = RequestGenerator(seed: 1)
    let request = generator.request()
    do {
      let stepped = try SteppedStore(options, platform: platform)
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))])
      try stepped.close()
    }
    platform.observe { call, _, _ in call.isChange ? .readOnlyFileSystem : nil }
    let error = try #require(throws: StoreError.self) { _ = try SteppedStore(options, platform: platform) }
    #expect(error.description.contains("data/"), "\(error)")
    #expect(error.description.hasSuffix("; mount it for writing or name another directory"), "\(error)")
    let store = try Store.openReadOnly(directory: "data", platform: platform)
    let traceID = request.spans[0].traceID
    #expect(try store.spans(of: traceID) == request.spans.filter { $0.traceID == traceID })
  }
}
