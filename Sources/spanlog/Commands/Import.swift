import ArgumentParser
import SpanNet

/// `spanlog import`
struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Append the spans of OTLP files.",
    discussion: """
      The files hold ExportTraceServiceRequest messages: in protobuf, each after its length as a varint, or in \
      OTLP's JSON, an object a line or over several; plain, gzip or zstd. Which it is is told by their first \
      bytes. When a server is short of room the requests it refused are sent \
      again after the time it asks for. To run an import again is safe: equal spans are returned once. SIGINT and \
      SIGTERM end it in order and tell how much was acked; it exits with 130 or 143 then.

      Example:
        spanlog import --to 127.0.0.1:7411 sample.otlp.zst
        zstdcat sample.otlp.zst | spanlog import --data traces -
        spanlog read --data traces --all --format otlp-json | spanlog import --to 127.0.0.1:7411 -
      """)

  @Option(help: ArgumentHelp("Append to this data directory, which no server has open.", valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp("Append to the server at this address.", valueName: "host:port"),
    transform: ListenAddress.parse)
  var to: ListenAddress?

  @Option(help: ArgumentHelp("Send at most this many spans per second.", valueName: "spans/s"))
  var rate: Double?

  @Option(help: ArgumentHelp("Requests in flight at most.", valueName: "n"))
  var window = 64

  @Argument(help: ArgumentHelp("Files to import; - is standard input.", valueName: "file"))
  var files: [String]

  private static let windowMax = 4096

  func validate() throws {
    _ = try StorePlace(directory: data, server: to, serverFlag: "--to")
    if let rate, !(rate > 0 && rate.isFinite) {
      throw ValidationError("--rate: \(rate) is no rate, more than 0 spans/s are required")
    }
    guard (1...Self.windowMax).contains(window) else {
      throw ValidationError("--window: \(window) is out of range, 1 to \(Self.windowMax) are allowed")
    }
  }

  @MainActor
  func run() async throws {
    // Before a store is made for files that are not there.
    for file in files { try InputFile.check(name: file) }
    let target = try await openTarget()
    let importer = Importer(target: target, requestCountMax: window, rate: rate)
    let end = SendingEnd(
      of: importer.tally, importer.window, to: target, progress: showProgress(importer.tally))
    let signals = SignalWatch { number in Task { await end.run(signal: number) } }
    defer { withExtendedLifetime(signals) {} }
    do {
      try await end.run(await send(through: importer))
    } catch let interruption as Interruption {
      throw ExitCode(128 + interruption.signal)
    }
  }

  /// - Returns: what ended it early.
  @MainActor
  private func send(through importer: Importer) async -> (any Error)? {
    do {
      for file in files where !importer.tally.counts.hasEnded {
        try await importer.send(InputFile(name: file))
      }
      return nil
    } catch {
      return error
    }
  }

  private func openTarget() async throws -> any AppendTarget {
    switch try StorePlace(directory: data, server: to, serverFlag: "--to") {
    case .directory(let directory):
      let target = try StoreTarget(directory: directory)
      target.knownDamage.tell()
      return target
    case .server(let address): return try await ServerTarget(address, requestCountMax: window)
    }
  }

  private func showProgress(_ tally: ImportTally) -> Task<Void, Never>? {
    guard StandardError.isTerminal else { return nil }
    let byteCounts = files.map(InputFile.byteCount(ofFile:))
    let byteCount = byteCounts.contains(nil) ? nil : byteCounts.compactMap(\.self).reduce(0, +)
    return Task {
      await SendingProgress(byteCount: byteCount).run {
        (tally.counts.spanCount, tally.counts.sourcePosition)
      }
    }
  }
}
