import ArgumentParser

/// `spanlog bench`
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a server, a data directory, or this machine.",
    discussion: """
      Example:
        spanlog bench ingest --to 127.0.0.1:7411
        spanlog bench read --from 127.0.0.1:7411 --ids sample.txt
        spanlog bench search --data scratch
        spanlog bench seal --data scratch
        spanlog bench limits --data scratch
      """,
    subcommands: [BenchIngest.self, BenchRead.self, BenchSearch.self, BenchSeal.self, BenchLimits.self])
}
