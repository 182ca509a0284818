import ArgumentParser
import Glibc
import SpanEngine
import SpanModel
import SpanQuery

/// `spanlog compact`
struct Compact: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rewrite a data directory so that it takes less room.",
    discussion: """
      Seals what is not sealed, merges segments into as few as there can be, and drops copies of equal spans, \
      deleted traces, and what --drop-older-than and --keep say. With --keep a trace is kept when a rule is true \
      of any of its spans; without, all are. What it did until something went wrong, a full disk say, is done, \
      and nothing is lost: run it again. Exits with 1 when damage kept something from being compacted.

      Example:
        spanlog compact traces --keep error --keep 'duration > 1s' --keep 'sample 5%' --dry-run
      """)

  @Argument(help: ArgumentHelp("The data directory, which no server has open.", valueName: "dir"))
  var directory: String

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
  var settle = CompactionRules().settle

  @Flag(help: "Tell what would happen, and change nothing.")
  var dryRun = false

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
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
    rules.settle = settle
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
