import Foundation
import Testing

struct CommandTests {
  @Test func `the version is told`() throws {
    let result = try SpanlogProcess.run("--version")
    #expect(result.status == 0 && result.output.hasPrefix("spanlog 0."))
  }

  @Test(arguments: [
    "", "serve", "import", "read", "delete", "compact", "replay", "verify", "snapshot", "inspect", "stats",
    "bench", "bench ingest", "bench seal",
    "bench read",
    "bench limits",
  ])
  func `the help of each command has an example`(command: String) throws {
    let result = try SpanlogProcess.run(
      command.components(separatedBy: " ").filter { !$0.isEmpty } + ["--help"], input: Data())
    #expect(result.status == 0 && result.output.contains("Example:\n  spanlog \(command)"))
  }

  @Test(arguments: [
    (
      "serve --data d --segment-bytes 512",
      "--segment-bytes: 512 is too small, at least 1048576 is required"
    ),
    ("serve --data d --segment-bytes 1048577", "--segment-bytes: 1048577 is no multiple of 4096, 1052672 is"),
    ("serve --data d --segment-bytes 4GiB", "--segment-bytes: 4294967296 is too large, at most 2147483648"),
    ("serve --data d --segment-bytes 5MB", "\"5MB\" is no size; write bytes, or a number and KiB"),
    (
      "serve --data d --lanes 1 --memory 1MiB",
      "--memory: 1048576 is too small, at least 398458880 is required"
    ),
    ("serve --data d --durability soon", "\"soon\" is no durability; write sync, os, or interval="),
    ("serve --data d --delete-hold soon", "\"soon\" is no span of time; write a number and ms, s, m, h or d"),
    ("delete --data d", "Missing expected argument '<trace-id> ...'"),
    ("delete --data d xyz", "\"xyz\" is no trace id; write 1 to 32 hex digits"),
    ("delete 1", "--data, --from: one of them is required"),
    ("serve --data d --compact later", "The value 'later' is invalid for '--compact <when>'"),
    ("compact d --keep latency", "--keep: "),
    ("compact d --drop-older-than 0", "--drop-older-than: a time of more than 0 is required, as 7d"),
    ("compact d --drop-older-than soon", "\"soon\" is no span of time; write a number and"),
    ("serve --data d --rpc here", "\"here\" is no address: it has no port; write HOST:PORT"),
    ("serve --data d --log-level loud", "\"loud\" is no level; write one of trace, debug"),
    ("import f", "--data, --to: one of them is required"),
    ("import --data d --to 127.0.0.1:1 f", "--data, --to: only one of them can be used"),
    ("import --data d --rate 0 f", "--rate: 0.0 is no rate, more than 0 spans/s are required"),
    ("import --data d --window 0 f", "--window: 0 is out of range, 1 to 4096 are allowed"),
    ("read --data d xyz", "\"xyz\" is no trace id; write 1 to 32 hex digits"),
    ("read --data d", "one of a trace id, --ids and --all is required"),
    ("read --data d --all 1", "one of a trace id, --ids and --all is required, and only one can be used"),
    ("read --data d --limit 0 1", "--limit: 0 is too small, at least 1 is required"),
    ("read --data d --all --skip 1", "--skip, --limit: page within a trace"),
    ("bench ingest --to 127.0.0.1:1 --connections 0", "--connections: 0 is out of range"),
    ("bench ingest --to 127.0.0.1:1 --in-flight 1025", "--in-flight: 1025 is out of range, 1 to 1024 are"),
    ("bench ingest --to 127.0.0.1:1 --seconds 0", "--seconds: 0.0 is out of range, more than 0 and at"),
    ("bench ingest --to 127.0.0.1:1 --rate -1", "Missing value for '--rate <spans/s>'"),
    ("bench ingest --to 127.0.0.1:1 --rate 0", "--rate: 0.0 is no rate, more than 0 spans/s are required"),
    ("bench ingest --to 127.0.0.1:1 --spans-per-request 0", "--spans-per-request: 0 is out of range, 1 to"),
    ("bench ingest --data d --to 127.0.0.1:1", "--data, --to: only one of them can be used"),
    ("bench ingest", "--data, --to: one of them is required"),
    ("bench ingest --data d --pid 1", "--pid: with --data the store is in this process, leave it out"),
    (
      "bench ingest --data d --corpus f --spans-per-request 1",
      "--corpus, --spans-per-request: a file has its own requests, leave one out"
    ),
    ("bench ingest --data d --segment-bytes 512", "--segment-bytes: 512 is too small, at least 1048576 is"),
    (
      "bench ingest --to 127.0.0.1:1 --durability os",
      "--segment-bytes, --durability: only with --data: a server has its own"
    ),
    ("bench read", "--data, --from: one of them is required"),
    ("bench read --from 127.0.0.1:1", "--ids: a file is required with --from; bench ingest --sample-ids"),
    ("bench read --from 127.0.0.1:1 --ids f --cold", "--cold: only with --data: a server's files are in"),
    ("bench read --data d --pid 1", "--pid: with --data the store is in this process, leave it out"),
    ("bench read --data d --absent 2", "--absent: 2.0 is no share, 0 to 1 is allowed"),
    ("bench read --data d --connections 0", "--connections: 0 is out of range, 1 to 1024 are allowed"),
    ("bench limits", "Missing expected argument '--data <dir>'"),
    ("bench limits --data d --file-bytes 1MiB", "--file-bytes: 1048576 is too small, at least 8388608 is"),
    ("bench limits --data d --file-bytes 8388609", "--file-bytes: 8388609 is no multiple of 4096"),
    ("replay d", "Missing expected argument '--to <target>'"),
    (
      "replay d --to h:1",
      "\"h:1\" is nowhere to replay to; write rpc://HOST:PORT, otlp+http://HOST:PORT, or -"
    ),
    ("replay d --to rpc://h", "\"h\" is no address: it has no port; write HOST:PORT"),
    ("replay d --to rpc://h:1 --format json", "--format: only with --to -: servers take protobuf"),
    ("replay d --to - --rate fast", "--rate: \"fast\" is no rate; write how many times as fast as recorded"),
    ("replay d --to - --window 10s", "--window: only with --order end: requests are sent in the order of"),
    (
      "replay d --to - --order end --window 10",
      "\"10\" is no duration; write a number and ms, s or m, as in 10s"
    ),
    ("replay d --to - --since now", "\"now\" is no time; write it as in 2024-01-02T03:04:05Z, or seconds or"),
    ("replay d --to - --since 5 --until 5", "--since, --until: nothing lies between them; the first must be"),
    ("replay d --to - --in-flight 0", "--in-flight: 0 is out of range, 1 to 1024 are allowed"),
    ("stats", "one of a data directory and --from is required, and only one can be used"),
    ("stats d --from 127.0.0.1:1", "one of a data directory and --from is required, and only one can"),
    ("verify d --deleted x", "\"x\" is no trace id; write 1 to 32 hex digits"),
    ("verify d --deleted 1 --repair-to e", "--repair-to, --deleted: only one of them can be used"),
    ("snapshot d", "Missing expected argument '--into <dir>'"),
    ("fly", "Unexpected argument 'fly'"),
  ])
  func `a wrong flag is told with its remedy and exits with 64`(line: String, message: String) throws {
    let result = try SpanlogProcess.run(line.components(separatedBy: " "), input: Data())
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(result.errors.contains(message), "\(result.errors)")
  }
}
