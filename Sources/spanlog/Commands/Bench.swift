import ArgumentParser

/// `spanlog bench`
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a server, or a data directory.",
    discussion: """
      Example:
        spanlog bench ingest --to 127.0.0.1:7411
        spanlog bench read --from 127.0.0.1:7411 --ids sample.txt
      """,
    subcommands: [BenchIngest.self, BenchRead.self])
}
