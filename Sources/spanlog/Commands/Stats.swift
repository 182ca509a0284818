import ArgumentParser
import Glibc
import SpanClient
import SpanEngine
import SpanNet

/// `spanlog stats`
struct Stats: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell how much is stored, what of, and how long the disk will last.",
    discussion: """
      Of a directory every file is read; nothing is changed. A server tells its counters, which know neither \
      services nor times of arrival.

      Example:
        spanlog stats traces
        spanlog stats --from 127.0.0.1:7411 --json
      """)

  @Argument(help: ArgumentHelp("The data directory, which no server has open.", valueName: "dir"))
  var directory: String?

  @Option(
    help: ArgumentHelp("Ask the server at this address.", valueName: "host:port"),
    transform: ListenAddress.parse)
  var from: ListenAddress?

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    guard (directory == nil) != (from == nil) else {
      throw ValidationError("one of a data directory and --from is required, and only one can be used")
    }
  }

  @MainActor
  func run() async throws {
    if let from {
      let client = try await SpanlogClient.connect(to: from, as: "spanlog stats")
      let report = ServerStatsReport(of: "\(from)", try await client.stats())
      await client.close()
      return try report.write(asJSON: json)
    }
    guard let directory else { return }
    guard access("\(directory)/\(FileName.identity)", F_OK) == 0 else {
      throw CommandFailure("\(directory) is no data directory: it has no \(FileName.identity)")
    }
    let survey = try StoreSurvey.survey(of: directory)
    KnownDamage(survey.damages).tell()
    try StoreStatsReport(of: directory, survey).write(asJSON: json)
  }
}
