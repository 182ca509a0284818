import ArgumentParser
import Glibc
import SpanEngine
import SpanModel
import SpanNet

/// `spanlog bench ingest`: how many spans are acked per second, how soon, and at what cost?
struct BenchIngest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Append spans, over the TCP RPC or in this process, as fast as they are acked.",
    discussion: """
      How many spans are acked per second, how soon, and at what cost? Without --corpus the \
      spans are made up: 435 bytes each, 512 and 153 traces a request. Ids and times are new each time. The spans \
      stay in the store: use a directory of its own. With --rate requests are due at even distances and latency \
      counts from then, however late they could be sent. With --pid the server's processor time and memory are \
      told, too.

      Example:
        spanlog bench ingest --to 127.0.0.1:7411 --connections 8 --seconds 30 --pid $(pidof spanlog)
        spanlog bench ingest --data scratch --connections 2 --in-flight 4
        spanlog bench ingest --to 127.0.0.1:7411 --spans-per-request 1 --connections 64
      """)

  @Option(help: ArgumentHelp("Append to this data directory, which no server has open.", valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp("Append to the server at this address.", valueName: "host:port"),
    transform: ListenAddress.parse)
  var to: ListenAddress?

  @Option(
    help: ArgumentHelp(
      "With --data, the size of an active segment, as 128MiB. (default: 128MiB)", valueName: "size"),
    transform: ByteCountText.parse)
  var segmentBytes: Int?

  @Option(
    help: ArgumentHelp(
      "With --data, what an ack promises: sync, os, or interval=100ms. (default: sync)", valueName: "mode"),
    transform: DurabilityText.parse)
  var durability: Durability?

  @Option(help: ArgumentHelp("Connections; with --data, threads that append.", valueName: "n"))
  var connections = 8

  @Option(help: ArgumentHelp("Requests in flight on each connection.", valueName: "n"))
  var inFlight = 1

  @Option(help: ArgumentHelp("How long to send.", valueName: "n"))
  var seconds = 10.0

  @Option(help: ArgumentHelp("Made-up spans in a request, of 435 bytes each. (default: 512)", valueName: "n"))
  var spansPerRequest: Int?

  @Option(
    help: ArgumentHelp(
      "Send the requests of this file (as import takes it) over and over.", valueName: "file"))
  var corpus: String?

  @Option(help: ArgumentHelp("Send so many spans per second, all told.", valueName: "spans/s"))
  var rate: Double?

  @Option(help: ArgumentHelp("The server's process on this machine.", valueName: "process id"))
  var pid: Int32?

  @Option(
    help: ArgumentHelp(
      "The same seed makes the same spans, with the same ids; without it no two runs do.", valueName: "n"))
  var seed: UInt64?

  @Option(
    name: .customLong("sample-ids"),
    help: ArgumentHelp("Write the ids of up to 10,000 acked traces here, for bench read.", valueName: "file"))
  var sampleIDs: String?

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  private static let connectionCountMax = 1024
  private static let inFlightMax = 1024
  /// 64 MiB of 435 bytes.
  private static let spansPerRequestMax = 150_000
  private static let spansPerRequestDefault = 512
  private static let sampleCountMax = 10_000

  func validate() throws {
    let place = try StorePlace(directory: data, server: to, serverFlag: "--to")
    try BenchOption.check(connections, "--connections", max: Self.connectionCountMax)
    try BenchOption.check(inFlight, "--in-flight", max: Self.inFlightMax)
    try BenchOption.check(seconds: seconds)
    if let spansPerRequest {
      try BenchOption.check(spansPerRequest, "--spans-per-request", max: Self.spansPerRequestMax)
      if corpus != nil {
        throw ValidationError("--corpus, --spans-per-request: a file has its own requests, leave one out")
      }
    }
    if let rate, !(rate > 0 && rate.isFinite) {
      throw ValidationError("--rate: \(rate) is no rate, more than 0 spans/s are required")
    }
    if let segmentBytes { try SegmentByteCount.check(segmentBytes) }
    if case .server = place, segmentBytes != nil || durability != nil {
      throw ValidationError("--segment-bytes, --durability: only with --data: a server has its own")
    }
    if case .directory = place, pid != nil {
      throw ValidationError("--pid: with --data the store is in this process, leave it out")
    }
  }

  @MainActor
  func run() async throws {
    let seed = seed ?? UInt64.random(in: 0...UInt64.max)
    let source =
      corpus.map(CorpusSource.file)
      ?? .synthetic(spansPerRequest: spansPerRequest ?? Self.spansPerRequestDefault)
    let load = IngestLoad(
      connections: connections, inFlight: inFlight, duration: .seconds(seconds), rate: rate,
      sampleCountMax: sampleIDs == nil ? 0 : Self.sampleCountMax,
      corpus: try LoadCorpus(
        source.requests(seed: seed), seed: seed, lentCountMax: connections * inFlight))
    let server = try pid.map { try ProcessUsage.of(processID: $0) }
    let measurement =
      switch try StorePlace(directory: data, server: to, serverFlag: "--to") {
      case .server(let address): try await load.run(to: address)
      case .directory(let directory): try load.run(in: storeOptions(directory))
      }
    let report = try report(measurement, load.corpus, server)
    if let sampleIDs { try OutputFile.write(measurement.result.samples.lines, to: sampleIDs) }
    try report.write(asJSON: json)
  }

  private func storeOptions(_ directory: String) -> StoreOptions {
    var options = StoreOptions(directory: directory)
    if let segmentBytes { options.segmentByteCount = segmentBytes }
    if let durability { options.durability = durability }
    return options
  }

  private func report(
    _ measurement: IngestLoad.Measurement, _ load: LoadCorpus, _ server: ProcessUsage?
  ) throws -> IngestReport {
    let result = measurement.result
    let seconds = measurement.elapsed / .seconds(1)
    let millions = Double(max(result.spanCount, 1)) / 1e6
    let serverNow = try pid.map { try ProcessUsage.of(processID: $0) }
    let serverSeconds = serverNow.flatMap { now in server.map { now.cpuSeconds - $0.cpuSeconds } }
    let peak = serverNow ?? (data == nil ? nil : ProcessUsage.current())
    let milliseconds = { (share: Double) in Double(result.latencies.quantile(share)) / 1e6 }
    return IngestReport(
      mode: data == nil ? "rpc" : "inProcess", corpus: corpus ?? "synthetic", seed: load.seed,
      connections: connections, inFlightPerConnection: inFlight, spansPerRequest: load.spansPerRequest,
      bytesPerRequest: result.byteCount / max(result.requestCount, 1), rate: rate, seconds: seconds,
      requests: result.requestCount, spans: result.spanCount, refused: result.refusedCount,
      unsent: result.unsentCount, spansPerSecond: Double(result.spanCount) / seconds,
      requestsPerSecond: Double(result.requestCount) / seconds,
      megabytesPerSecond: Double(result.byteCount) / seconds / 1e6, ackMillisecondsP50: milliseconds(0.5),
      ackMillisecondsP99: milliseconds(0.99), ackMillisecondsP999: milliseconds(0.999),
      ackMillisecondsMax: milliseconds(1),
      clientCPUSecondsPerMillionSpans: measurement.loadCPUSeconds / millions,
      serverCPUSecondsPerMillionSpans: (measurement.storeCPUSeconds ?? serverSeconds).map { $0 / millions },
      serverPeakMebibytes: peak.map { Double($0.peakByteCount) / 1_048_576 })
  }
}
