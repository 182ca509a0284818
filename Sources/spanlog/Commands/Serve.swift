import ArgumentParser
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SpanEngine
import SpanModel
import SpanNet
import SpanRPC

/// `spanlog serve`
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open a data directory and serve it.",
    discussion: """
      Prints one line per door, "listening rpc 127.0.0.1:7411", and then "ready" on standard error. SIGTERM and \
      SIGINT drain what is in flight and exit with 0; a second one exits at once with 143 or 130. When the disk fails the \
      process says so and exits with 1; with --durability sync nothing that was acked is lost.

      Example:
        spanlog serve --data traces --rpc 127.0.0.1:7411
      """)

  @Option(help: ArgumentHelp("The data directory; made if there is none.", valueName: "dir"))
  var data: String

  @Option(
    help: ArgumentHelp(
      "Address of the TCP RPC; port 0 takes a free one, \"off\" closes the door. (default: 127.0.0.1:7411)",
      valueName: "host:port|off"),
    transform: Door.parse)
  var rpc = Door.open(RPCServerOptions().address)

  @Option(
    help: ArgumentHelp(
      "Size of an active segment, as 128MiB; at least 1MiB. (default: 128MiB)", valueName: "size"),
    transform: ByteCountText.parse)
  var segmentBytes = 128 << 20

  @Option(
    help: ArgumentHelp(
      "Bytes the store may take, as 64GiB; past it the oldest full segments go. (default: no limit)",
      valueName: "size"),
    transform: ByteCountText.parse)
  var retainBytes: Int?

  @Option(
    help: ArgumentHelp(
      "How long spans are kept after they arrived, as 7d, 12h or 30m; segments all of which is older go. (default: no limit)",
      valueName: "time"),
    transform: DurationText.parse)
  var retainAge: Duration?

  @Option(
    help: ArgumentHelp(
      "Whether small sealed segments are merged meanwhile: background, or off. (default: background)",
      valueName: "when"))
  var compact = CompactionTime.background

  @Option(
    help: ArgumentHelp(
      "Writers, each with a file of its own; half the cores, 1 to 4, unless told otherwise.",
      valueName: "n"))
  var lanes = Serve.laneCountDefault

  @Option(
    help: ArgumentHelp(
      "What an ack promises: sync (on stable storage), os, or interval=100ms. (default: sync)",
      valueName: "mode"),
    transform: DurabilityText.parse)
  var durability = Durability.sync

  @Option(
    help: ArgumentHelp(
      "How long after the deletion of a trace its later spans are refused, as 30s or 1h. (default: 0)",
      valueName: "time"),
    transform: DurationText.parse)
  var deleteHold = Duration.zero

  @Option(
    help: ArgumentHelp(
      "Whether full segments are rewritten as small sealed ones: background, or off. (default: background)",
      valueName: "background|off"))
  var seal = Sealing.background

  @Option(
    help: ArgumentHelp(
      "How old the first record of an active segment becomes before the segment is full and is sealed, as 10m, or off. (default: 1h, or an eighth of --retain-age if that is less; with --seal off and no --retain-age off)",
      valueName: "time|off"),
    transform: RollAge.parse)
  var rollAge: RollAge?

  @Option(
    help: ArgumentHelp(
      "Memory the server may hold for requests, indexes and answers; at least 380MiB at the default segment size and one lane. (default: 704MiB)",
      valueName: "size"),
    transform: ByteCountText.parse)
  var memory = MemoryPlan.byteCountDefault

  @Option(
    help: ArgumentHelp(
      "Least severe messages logged: \(LogLevelText.names). (default: notice)", valueName: "level"),
    transform: LogLevelText.parse)
  var logLevel = Logger.Level.notice

  /// On 2 cores one lane was best.
  private static var laneCountDefault: Int { min(4, max(1, System.coreCount / 2)) }

  func validate() throws {
    try SegmentByteCount.check(segmentBytes)
    guard (1...StoreOptions.laneCountMax).contains(lanes) else {
      throw ValidationError(
        "--lanes: \(lanes) is out of range, 1 to \(StoreOptions.laneCountMax) are allowed")
    }
    let retainedMin = lanes * StoreOptions.retainedSegmentCountMin * segmentBytes
    if let retainBytes, retainBytes < retainedMin {
      throw ValidationError(
        "--retain-bytes: \(retainBytes) is too small, at least \(retainedMin) is required "
          + "(\(StoreOptions.retainedSegmentCountMin) segments for each lane)")
    }
    if retainAge == .zero { throw ValidationError("--retain-age: a time of more than 0 is required, as 7d") }
    if rollAge == .after(.zero) {
      throw ValidationError("--roll-age: a time of more than 0 is required, as 1h, or off")
    }
    let memoryMin = MemoryPlan.byteCountMin(laneCount: lanes, segmentByteCount: segmentBytes)
    if memory < memoryMin {
      throw ValidationError("--memory: \(memory) is too small, at least \(memoryMin) is required")
    }
  }

  @MainActor
  func run() async throws {
    let logger = makeLogger()
    let events = EventLog(logger)
    let store = try Store.open(storeOptions(events))
    let threads = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
    let group = ServiceGroup(configuration: configuration(store, threads, logger))
    let signals = SignalWatch { _ in Task { await group.triggerGracefulShutdown() } }
    events.onFailure { Task { await group.triggerGracefulShutdown() } }
    if rpc == .off { StandardError.line("no door is open\nready") }
    defer { withExtendedLifetime(signals) {} }
    try await group.run()
    try await threads.shutdownGracefully()
    if events.hasFailed {
      throw CommandFailure("a lane stopped writing, see above; start again to recover what was acked")
    }
  }

  private func makeLogger() -> Logger {
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = logLevel
      return handler
    }
    return Logger(label: "spanlog")
  }

  private var memoryPlan: MemoryPlan {
    MemoryPlan(byteCount: memory, laneCount: lanes, segmentByteCount: segmentBytes)
  }

  private var effectiveRollAge: Duration? {
    switch rollAge {
    case .off: nil
    case .after(let age): age
    case nil: rollAgeDefault
    }
  }

  private var rollAgeDefault: Duration? {
    guard let retainAge else {
      // A full segment that is not sealed takes the room of a whole one, however little is in it.
      return seal == .background ? .seconds(3600) : nil
    }
    // What is not full does not go.
    return min(.seconds(3600), StoreOptions.compactedArrivals(retainAge: retainAge))
  }

  private func storeOptions(_ events: EventLog) -> StoreOptions {
    var options = StoreOptions(directory: data)
    options.segmentByteCount = segmentBytes
    options.durability = durability
    options.retainByteCount = retainBytes.map(UInt64.init)
    options.laneCount = lanes
    options.compactsSealedSegments = compact == .background
    options.sealsFullSegments = seal == .background
    options.deleteHold = deleteHold
    options.rollAge = effectiveRollAge
    options.retainAge = retainAge
    memoryPlan.apply(to: &options)
    options.onEvent = { events.record($0) }
    return options
  }

  /// The group ends its services from last to first: the doors, then the store.
  private func configuration(
    _ store: Store, _ threads: MultiThreadedEventLoopGroup, _ logger: Logger
  ) -> ServiceGroupConfiguration {
    var services: [any Service] = [StoreService(store: store)]
    if case .open(let address) = rpc {
      var options = RPCServerOptions()
      options.address = address
      options.serverName = "spanlog \(Release.version)"
      memoryPlan.apply(to: &options.limits)
      limitConnections(&options.limits.connectionCountMax, store, logger)
      services.append(
        RPCServer(store: store, options: options, group: threads) { address in
          StandardError.line("listening rpc \(address)\nready")
        })
    }
    // The group tells of each of its steps; those are for who looks for a fault in it.
    var groupLogger = logger
    groupLogger.logLevel = max(logLevel, .warning)
    return ServiceGroupConfiguration(services: services, logger: groupLogger)
  }
}

extension Serve {
  private func limitConnections(_ connectionCountMax: inout Int, _ store: Store, _ logger: Logger) {
    let statistics = store.statistics()
    let limit = OpenFileLimit.current
    let count = OpenFileLimit.connectionCount(
      wanted: connectionCountMax, limit: limit,
      segmentCount: Int(statistics.fullSegmentCount + statistics.activeSegmentCount))
    guard count < connectionCountMax else { return }
    logger.warning(
      """
      at most \(count) connections are taken, not \(connectionCountMax): the process may have no more than \
      \(limit) files open; raise that limit (ulimit -n)
      """)
    connectionCountMax = count
  }
}

/// When full segments are sealed.
enum Sealing: String, ExpressibleByArgument, CaseIterable {
  case background, off
}

/// Where a door listens, or that it is closed.
enum Door: Equatable {
  case off
  case open(ListenAddress)

  static func parse(_ text: String) throws -> Door {
    text == "off" ? .off : .open(try ListenAddress(text))
  }
}

extension Door: CustomStringConvertible {
  var description: String {
    switch self {
    case .off: "off"
    case .open(let address): "\(address)"
    }
  }
}
