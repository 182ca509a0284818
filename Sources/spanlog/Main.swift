import ArgumentParser

/// The command line: what it is called with decides which subcommand runs; see `Commands/`.
///
/// Data goes to standard output, everything else to standard error. Exit codes: 0 done, 1 failed, 64 wrong
/// flags; `verify` has its own.
@main
struct SpanlogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spanlog",
    abstract: "A store for distributed traces that is nothing but a log.",
    discussion: """
      Example:
        spanlog serve --data traces &
        spanlog import --to 127.0.0.1:7411 sample.otlp.zst
        spanlog read --from 127.0.0.1:7411 5b8efff798038103d269b633813fc60c
      """,
    version: "spanlog \(Release.version)",
    subcommands: [
      Serve.self, Import.self, Read.self, Delete.self, Compact.self, Replay.self, Verify.self, Snapshot.self,
      Inspect.self, Stats.self, Bench.self,
    ])

  static func main() async {
    // Whatever opens a directory has all of its segments open.
    OpenFileLimit.raise()
    await main(nil)
  }
}
