import ArgumentParser
import Glibc
import SpanClient
import SpanEngine
import SpanModel
import SpanNet
import SpanQuery

/// `spanlog compact`
struct Compact: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rewrite a data directory so that it takes less room.",
    discussion: """
      Seals what is not sealed, merges segments into as few as there can be, and drops copies of equal spans, \
      deleted traces, and what --drop-older-than and --keep say. With --keep a trace is kept when a rule is true \
      of any of its spans; without, all are. What it did until something went wrong, a full disk say, is done, \
      and nothing is lost: run it again. Exits with 1 when damage kept something from being compacted. With --from \
      the server does it while it serves, and ends it when this command is ended; what it has not sealed is then \
      no part of a --dry-run.

      Example:
        spanlog compact traces --keep error --keep 'duration > 1s' --keep 'sample 5%' --dry-run
        spanlog compact --from 127.0.0.1:7411 --drop-older-than 7d
      """)

  @Argument(help: ArgumentHelp("The data directory, which no server has open.", valueName: "dir"))
  var directory: String?

  @Option(
    help: ArgumentHelp("Have the server at this address compact.", valueName: "host:port"),
    transform: ListenAddress.parse)
  var from: ListenAddress?

  @Option(
    help: ArgumentHelp(
      "Keep traces of which this is true, as error or 'service = checkout'; may come more than once.",
      valueName: "rule"))
  var keep: [String] = []

  @Option(
    help: ArgumentHelp("Drop spans that arrived longer ago, as 7d.", valueName: "time"),
    transform: DurationText.parse)
  var dropOlderThan: Duration?

  @Option(
    help: ArgumentHelp(
      "How long nothing of a trace must have arrived before rules may drop it. (default: 10m)",
      valueName: "time"),
    transform: DurationText.parse)
  var settle: Duration?

  @Flag(help: "Tell what would happen, and change nothing.")
  var dryRun = false

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    _ = try DirectoryOrServer(directory, from)
    do throws(RuleError) { _ = try keepRules() } catch { throw ValidationError(error.description) }
    if let dropOlderThan, dropOlderThan <= .zero {
      throw ValidationError("--drop-older-than: a time of more than 0 is required, as 7d")
    }
  }

  private func keepRules() throws(RuleError) -> KeepRules {
    var rules: [KeepRule] = []
    for text in keep { rules.append(try KeepRule(parsing: text)) }
    return try KeepRules(rules)
  }

  private func rules() throws -> CompactionRules {
    var rules = CompactionRules()
    if let settle { rules.settle = settle }
    if !keep.isEmpty { rules.keep(try keepRules()) }
    if let dropOlderThan {
      let now = LinuxPlatform().now().nanoseconds
      rules.dropsArrivedBefore = Timestamp(
        nanoseconds: now - min(now, UInt64(dropOlderThan / .nanoseconds(1))))
    }
    return rules
  }

  @MainActor
  func run() async throws {
    switch try DirectoryOrServer(directory, from) {
    case .directory(let directory):
      do { try compact(directory) } catch let error as StoreError { throw error.naming("compact") }
    case .server(let server): try await compact(at: server)
    }
  }

  private func compact(at server: ListenAddress) async throws {
    var options = CompactionOptions()
    options.keep = keep
    options.dropOlderThan = dropOlderThan
    options.settle = settle
    options.isDryRun = dryRun
    let asked = options
    let summary = try await ServerMaintenance(address: server, command: "compact").run {
      (client, progress) throws(ClientError) in try await client.compact(asked, progress: progress)
    }
    try CompactReport(of: "\(server)", summary, isDryRun: dryRun).write(asJSON: json)
    KnownDamage(texts: summary.damages, count: summary.damageCount).tell()
    if summary.damageCount > 0 { throw ExitCode(1) }
  }

  private func compact(_ directory: String) throws {
    guard access("\(directory)/\(FileName.identity)", F_OK) == 0 else {
      throw CommandFailure("\(directory) is no data directory: it has no \(FileName.identity)")
    }
    let compaction = OfflineCompaction(StoreOptions(directory: directory), try rules())
    let report = dryRun ? try compaction.rehearse() : try compaction.run()
    try CompactReport(of: directory, report, isDryRun: dryRun).write(asJSON: json)
    let damage = KnownDamage(report.damages)
    damage.tell()
    if !report.damages.isEmpty { throw ExitCode(1) }
  }
}
