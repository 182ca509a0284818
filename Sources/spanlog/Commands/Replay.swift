import ArgumentParser
import SpanEngine
import SpanModel

/// `spanlog replay`
struct Replay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send the requests of a data directory again, as they came.",
    discussion: """
      Each request is sent with the spans that were accepted of it, in order of arrival, or its spans in the order \
      of their ends. A target that has no room or does not answer is asked again, with a growing delay and in the \
      end no more. Damage is passed over and told. Exits with 1 when something was not acked, or is damaged; with \
      --resume a later run goes on behind what was acked, and sends what has arrived since.

      Example:
        spanlog replay traces --to rpc://127.0.0.1:7411
        spanlog replay traces --to otlp+http://127.0.0.1:4318 --rate 10x --shift-to-now --fresh-ids
        spanlog replay traces --to - --service checkout | spanlog import --to 127.0.0.1:7411 -
      """)

  @Argument(help: ArgumentHelp("The data directory, which no server has open.", valueName: "dir"))
  var directory: String

  @Option(
    help: ArgumentHelp(
      "rpc://HOST:PORT, otlp+http://HOST:PORT with /v1/traces or another path, or - for standard output.",
      valueName: "target"),
    transform: ReplayDestination.parse)
  var to: ReplayDestination

  @Option(help: "protobuf (length-delimited) or json (an object a line), on standard output.")
  var format: ReplayFormat?

  @OptionGroup var selection: ReplaySelectionOptions
  @OptionGroup var timing: ReplayTimingOptions

  @Flag(
    name: .customLong("fresh-ids"),
    help: "Give all traces and spans other ids; parents and links still lead to their spans.")
  var freshIDs = false

  @Option(help: ArgumentHelp("Requests in flight at most; 64, or 8 over HTTP.", valueName: "n"))
  var inFlight: Int?

  @Option(
    help: ArgumentHelp("Keep in this file how far it is, and go on from there.", valueName: "file"))
  var resume: String?

  private static let inFlightMax = 1024

  func validate() throws {
    if format != nil, to != .standardOutput {
      throw ValidationError("--format: only with --to -: servers take protobuf")
    }
    if let inFlight, !(1...Self.inFlightMax).contains(inFlight) {
      throw ValidationError("--in-flight: \(inFlight) is out of range, 1 to \(Self.inFlightMax) are allowed")
    }
  }

  @MainActor
  func run() async throws {
    let store = try Store.openReadOnly(directory: directory)
    defer { store.close() }
    let run = try ReplayRun(
      store, resume: resume.flatMap { try ResumeFile.read($0) }, resumePath: resume, feedOptions: feedOptions)
    KnownDamage(store.unreadable).tell()
    let target = try await openTarget()
    let replayer = Replayer(
      target: target, tally: run.tally, requestCountMax: requestCountMax, rateFactor: timing.rateFactor)
    let end = SendingEnd(
      of: try run.report(), replayer.window, to: target, progress: showProgress(run))
    let signals = SignalWatch { number in Task { await end.run(signal: number) } }
    defer { withExtendedLifetime(signals) {} }
    do {
      try await end.run(await run.send(through: replayer))
    } catch let interruption as Interruption {
      throw ExitCode(128 + interruption.signal)
    }
    try run.check(target: target.name, unreadable: store.unreadable)
  }

  private var requestCountMax: Int {
    if let inFlight { return inFlight }
    // Each takes a connection of its own over HTTP.
    if case .otlpHTTP = to { return 8 }
    return 64
  }

  private var feedOptions: ReplayFeed.Options {
    var options = ReplayFeed.Options()
    options.selection = selection.selection
    options.endWindow = timing.endWindow
    options.shift = timing.shiftToNow ? .toNow : .none
    if freshIDs {
      var random = SystemRandomNumberGenerator()
      options.mask = IDMask.random(using: &random)
    }
    return options
  }

  private func openTarget() async throws -> any AppendTarget {
    switch to {
    case .standardOutput: OutputTarget(format: format ?? .protobuf)
    case .rpc(let address): try await RPCTarget(address, requestCountMax: requestCountMax)
    case .otlpHTTP(let address, let path):
      try await OTLPHTTPTarget(address, path: path) { LinuxPlatform().now() }
    }
  }

  private func showProgress(_ run: ReplayRun) -> Task<Void, Never>? {
    guard StandardError.isTerminal else { return nil }
    return Task { [tally = run.tally, byteCount = run.byteCount] in
      await SendingProgress(byteCount: byteCount).run { (tally.counts.ackedCount, tally.counts.position) }
    }
  }
}

/// Which spans are replayed.
struct ReplaySelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Spans that started then or later: RFC 3339, or since 1970.", valueName: "time"),
    transform: MomentText.parse)
  var since: Timestamp?

  @Option(help: ArgumentHelp("Spans that started before.", valueName: "time"), transform: MomentText.parse)
  var until: Timestamp?

  @Option(help: ArgumentHelp("Spans whose resource has this service.name.", valueName: "name"))
  var service: String?

  func validate() throws {
    if let since, let until, since >= until {
      throw ValidationError(
        "--since, --until: nothing lies between them; the first must be before the second")
    }
  }

  var selection: SpanSelection { SpanSelection(since: since, until: until, service: service) }
}

/// When spans are replayed, and in which order.
struct ReplayTimingOptions: ParsableArguments {
  enum Order: String, ExpressibleByArgument, CaseIterable {
    case arrival
    case end
  }

  private static let windowDefault: UInt64 = 10_000_000_000

  @Option(
    help: ArgumentHelp("How many times as fast as recorded, or max.", valueName: "1x|10x|max"))
  var rate = "max"

  @Option(help: "arrival (requests as they came), or end (spans by their ends, within --window).")
  var order = Order.arrival

  @Option(
    help: ArgumentHelp("How long spans are held to put them in order: 10s.", valueName: "time"),
    transform: WindowText.parse)
  var window: UInt64?

  @Flag(help: "Move all times so that the first span starts now.")
  var shiftToNow = false

  func validate() throws {
    do { _ = try RateText.parse(rate) } catch { throw ValidationError("--rate: \(error)") }
    if window != nil, order != .end {
      throw ValidationError("--window: only with --order end: requests are sent in the order of arrival")
    }
  }

  var rateFactor: Double? { (try? RateText.parse(rate)) ?? nil }

  /// Nanoseconds.
  var endWindow: UInt64? { order == .end ? window ?? Self.windowDefault : nil }
}
