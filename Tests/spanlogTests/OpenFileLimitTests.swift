import Foundation
import SpanEngine
import SpanModel
import SpanTestKit
import Testing

@testable import spanlog

struct OpenFileLimitTests {
  @Test(arguments: [
    (1_048_576, 100, 4096), (1024, 0, 512), (1024, 100, 412), (1024, 511, 1), (1024, 5000, 1), (0, 0, 1),
    (Int.max, 1, 4096),
  ])
  func `half of what segments leave is for connections`(limit: Int, segmentCount: Int, count: Int) {
    #expect(
      OpenFileLimit.connectionCount(wanted: 4096, limit: limit, segmentCount: segmentCount) == count)
  }

  /// A directory with 30 full segments and their indexes.
  private func manySegments(in directory: TemporaryDirectory) throws -> String {
    var options = StoreOptions(directory: directory.file("store"))
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    options.durability = .operatingSystem
    let stepped = try SteppedStore(options)
    var generator = RequestGenerator(seed: 1)
    generator.shape.textByteCount = 300...700
    while stepped.store.statistics().fullSegmentCount < 30 {
      _ = try stepped.commit([try stepped.prepare(RequestBuffer(generator.request().bytes))])
    }
    stepped.writeIndexes()
    try stepped.close()
    return options.directory
  }

  @Test(arguments: [
    "verify \"$1\"", "read --data \"$1\" --all", "import --data \"$1\" /dev/null", "stats \"$1\"",
  ])
  func `a command opens more segments than the usual limit of open files allows`(command: String) throws {
    let directory = try TemporaryDirectory()
    let store = try manySegments(in: directory)
    let line = "ulimit -Sn 50; ulimit -Hn 200; \"$0\" \(command) >/dev/null"
    #expect(try Shell.run(line, SpanlogProcess.executable.path, store) == 0)
  }

  @Test func `a server leaves descriptors for segments, and says that it takes fewer connections`() throws {
    let directory = try TemporaryDirectory()
    let line = """
      ulimit -n 300
      "$0" serve --data "$1" --rpc 127.0.0.1:0 2>"$2" & server=$!
      until grep -q ready "$2"; do sleep 0.1; kill -0 $server || exit 1; done
      kill $server; wait $server
      """
    let log = directory.file("log")
    #expect(try Shell.run(line, SpanlogProcess.executable.path, directory.file("store"), log) == 0)
    let text = try String(contentsOfFile: log, encoding: .utf8)
    #expect(text.contains(" connections are taken, not 4096: the process may have no more than 300 files"))
  }
}
