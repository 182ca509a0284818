import ArgumentParser
import SpanModel
import SpanNet

/// `spanlog bench read`: how long does it take to read a trace by its id, and how many are read per second?
struct BenchRead: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read",
    abstract: "Read traces by their ids, over the TCP RPC or in this process.",
    discussion: """
      How long does it take to read a trace by its id, and how many are read per second? The ids are those of a \
      file, as bench ingest --sample-ids writes it, or with --data a sample of the store's own. With --cold the \
      files are driven out of the page cache first, and each trace is read once. The hash of the result is that of \
      all spans of the first round: the same for the same store and ids, however they are read.

      Example:
        spanlog bench read --from 127.0.0.1:7411 --ids sample.txt --connections 8
        spanlog bench read --data traces --cold
      """)

  @Option(help: ArgumentHelp("Read this data directory, which no server has open.", valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp("Read from the server at this address.", valueName: "host:port"),
    transform: ListenAddress.parse)
  var from: ListenAddress?

  @Option(help: ArgumentHelp("Read the traces this file names; - is standard input.", valueName: "file"))
  var ids: String?

  @Option(
    help: ArgumentHelp("Connections, each with one read at a time; with --data, threads.", valueName: "n"))
  var connections = 1

  @Option(
    help: ArgumentHelp(
      "How long to read, and until each trace was read once (fewer with --absent).", valueName: "n"))
  var seconds = 10.0

  @Option(help: ArgumentHelp("Share of reads of ids that do not exist, 0 to 1.", valueName: "share"))
  var absent = 0.0

  @Flag(help: "Drop the page cache first, and read each trace once.")
  var cold = false

  @Option(help: ArgumentHelp("The server's process on this machine.", valueName: "process id"))
  var pid: Int32?

  @Option(help: ArgumentHelp("The same seed reads the same traces in the same order.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  private static let connectionCountMax = 1024

  func validate() throws {
    let place = try StorePlace(directory: data, server: from, serverFlag: "--from")
    try BenchOption.check(connections, "--connections", max: Self.connectionCountMax)
    try BenchOption.check(seconds: seconds)
    guard (0...1).contains(absent) else {
      throw ValidationError("--absent: \(absent) is no share, 0 to 1 is allowed")
    }
    switch place {
    case .server where ids == nil:
      throw ValidationError("--ids: a file is required with --from; bench ingest --sample-ids writes one")
    case .server where cold:
      throw ValidationError("--cold: only with --data: a server's files are in that server's hands")
    case .directory where pid != nil:
      throw ValidationError("--pid: with --data the store is in this process, leave it out")
    default: break
    }
  }

  @MainActor
  func run() async throws {
    let named = try ids.map { try Self.traceIDs(ofFile: $0) }
    switch try StorePlace(directory: data, server: from, serverFlag: "--from") {
    case .server(let address):
      let load = ServerReadLoad(address: address, connectionCount: connections)
      try await measure(named ?? []) { try await load.run($0) }
    case .directory(let directory):
      // In a store of its own: what it keeps of indexes would be warm.
      let traceIDs = try named ?? StoreReadLoad.sample(of: directory, seed: seed)
      let load = try StoreReadLoad(directory: directory)
      defer { load.close() }
      if cold { try PageCache.drop(filesOf: directory) }
      try await measure(traceIDs) { try load.run($0, threadCount: connections) }
    }
  }

  private static func traceIDs(ofFile name: String) throws -> [TraceID] {
    let lines = TraceIDLines(file: try InputFile(name: name))
    var traceIDs: [TraceID] = []
    while let traceID = try lines.next() { traceIDs.append(traceID) }
    return traceIDs
  }

  private func measure(_ traceIDs: [TraceID], _ body: (ReadPlan) async throws -> ReadLoadResult) async throws
  {
    guard !traceIDs.isEmpty else {
      throw CommandFailure("there is nothing to read: no trace was named or found")
    }
    var random = SplitMix(state: seed)
    let shuffled = traceIDs.shuffled(using: &random)
    let clock = ContinuousClock()
    let before = (client: ProcessUsage.current(), server: try pid.map { try ProcessUsage.of(processID: $0) })
    let start = clock.now
    let result = try await body(
      ReadPlan(
        shuffled, absentShare: absent, seed: seed, isOneRound: cold, until: start + .seconds(seconds)))
    let elapsed = clock.now - start
    let client = ProcessUsage.current().cpuSeconds - before.client.cpuSeconds
    let server = try pid.map {
      try ProcessUsage.of(processID: $0).cpuSeconds - (before.server?.cpuSeconds ?? 0)
    }
    try report(result, shuffled.count, elapsed / .seconds(1), client, server).write(asJSON: json)
  }

  private func report(
    _ result: ReadLoadResult, _ traceCount: Int, _ seconds: Double, _ client: Double, _ server: Double?
  ) -> ReadReport {
    let reads = Int(result.found.count + result.absent.count)
    let micros = { (histogram: LatencyHistogram, share: Double) in Double(histogram.quantile(share)) / 1e3 }
    let absent = result.absent.count > 0 ? result.absent : nil
    let millions = Double(max(result.spanCount, 1)) / 1e6
    return ReadReport(
      mode: data == nil ? "rpc" : "inProcess", cold: cold, connections: connections, traces: traceCount,
      absentShare: self.absent, seed: seed, seconds: seconds, reads: reads,
      readsPerSecond: Double(reads) / seconds, spans: result.spanCount, bytes: result.byteCount,
      missing: result.missingCount, readMicrosecondsP50: micros(result.found, 0.5),
      readMicrosecondsP99: micros(result.found, 0.99), readMicrosecondsP999: micros(result.found, 0.999),
      readMicrosecondsMax: micros(result.found, 1), absentMicrosecondsP50: absent.map { micros($0, 0.5) },
      absentMicrosecondsP99: absent.map { micros($0, 0.99) },
      absentMicrosecondsP999: absent.map { micros($0, 0.999) },
      absentMicrosecondsMax: absent.map { micros($0, 1) },
      clientCPUSecondsPerMillionSpans: client / millions,
      serverCPUSecondsPerMillionSpans: server.map { $0 / millions },
      clientCPUMicrosecondsPerRead: client * 1e6 / Double(max(reads, 1)),
      serverCPUMicrosecondsPerRead: server.map { $0 * 1e6 / Double(max(reads, 1)) },
      resultHash: result.hash.text, hashedSpans: result.hash.spanCount)
  }
}
