import ArgumentParser
import SpanNet

/// `spanlog bench ingest`: how many spans per second does a server ack over the TCP RPC?
struct BenchIngest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Append made-up spans over the TCP RPC as fast as they are acked.",
    discussion: """
      Each connection has one request in flight. The spans stay in the store: use a directory of its own. With \
      --pid the server's processor time and memory are told, too.

      Example:
        spanlog bench ingest --to 127.0.0.1:7411 --connections 8 --seconds 30 --pid $(pidof spanlog)
      """)

  @Option(help: ArgumentHelp("The server.", valueName: "host:port"), transform: ListenAddress.parse)
  var to: ListenAddress

  @Option(help: ArgumentHelp("Connections, each with one request in flight.", valueName: "n"))
  var connections = 8

  @Option(help: ArgumentHelp("How long to send.", valueName: "n"))
  var seconds = 10.0

  @Option(help: ArgumentHelp("Spans in a request, of 435 bytes each.", valueName: "n"))
  var spansPerRequest = 512

  @Option(help: ArgumentHelp("Send at most so many spans per second, all told.", valueName: "spans/s"))
  var rate: Double?

  @Option(help: ArgumentHelp("The server's process on this machine.", valueName: "process id"))
  var pid: Int32?

  @Option(help: ArgumentHelp("Ids of different seeds are different.", valueName: "n"))
  var seed: UInt64?

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  private static let connectionCountMax = 1024
  /// 64 MiB of 435 bytes.
  private static let spansPerRequestMax = 150_000

  func validate() throws {
    guard (1...Self.connectionCountMax).contains(connections) else {
      throw ValidationError(
        "--connections: \(connections) is out of range, 1 to \(Self.connectionCountMax) are allowed")
    }
    guard seconds > 0, seconds.isFinite else {
      throw ValidationError("--seconds: \(seconds) is too small, more than 0 are required")
    }
    guard (1...Self.spansPerRequestMax).contains(spansPerRequest) else {
      throw ValidationError(
        "--spans-per-request: \(spansPerRequest) is out of range, 1 to \(Self.spansPerRequestMax) are allowed"
      )
    }
    if let rate, !(rate > 0 && rate.isFinite) {
      throw ValidationError("--rate: \(rate) is no rate, more than 0 spans/s are required")
    }
  }

  @MainActor
  func run() async throws {
    let server = try pid.map { try ProcessUsage.of(processID: $0) }
    let client = ProcessUsage.current()
    let clock = ContinuousClock()
    let start = clock.now
    let result = try await send(until: start + .seconds(seconds))
    let report = try report(result, elapsed: clock.now - start, client, server)
    let output = StandardOutput()
    try output.write(Array(((json ? try report.json : report.table) + "\n").utf8))
    try output.flush()
  }

  private func send(until end: ContinuousClock.Instant) async throws -> IngestResult {
    let seed = seed ?? UInt64.random(in: 0...UInt64.max)
    return try await withThrowingTaskGroup(of: IngestResult.self) { group in
      for number in 0..<connections {
        let load = IngestLoad(
          address: to, spansPerRequest: spansPerRequest, seed: seed &+ UInt64(number) &* 0x9e37_79b9,
          rate: rate.map { $0 / Double(connections) })
        group.addTask { try await load.run(until: end) }
      }
      return try await group.reduce(into: IngestResult()) { $0.add($1) }
    }
  }

  private func report(
    _ result: IngestResult, elapsed: Duration, _ client: ProcessUsage, _ server: ProcessUsage?
  ) throws -> IngestReport {
    let seconds = elapsed / .seconds(1)
    let millions = max(Double(result.spanCount), 1) / 1e6
    let serverNow = try pid.map { try ProcessUsage.of(processID: $0) }
    return IngestReport(
      connections: connections, spansPerRequest: spansPerRequest,
      bytesPerRequest: result.byteCount / max(result.requestCount, 1), seconds: seconds,
      requests: result.requestCount, spans: result.spanCount, refused: result.refusedCount,
      spansPerSecond: Double(result.spanCount) / seconds,
      megabytesPerSecond: Double(result.byteCount) / seconds / 1e6,
      ackMillisecondsP50: Double(result.latencies.quantile(0.5)) / 1e6,
      ackMillisecondsP99: Double(result.latencies.quantile(0.99)) / 1e6,
      ackMillisecondsMax: Double(result.latencies.max) / 1e6,
      clientCPUSecondsPerMillionSpans: (ProcessUsage.current().cpuSeconds - client.cpuSeconds) / millions,
      serverCPUSecondsPerMillionSpans: serverNow.flatMap { now in
        server.map { (now.cpuSeconds - $0.cpuSeconds) / millions }
      },
      serverPeakMebibytes: serverNow.map { Double($0.peakByteCount) / 1_048_576 })
  }
}
