import ArgumentParser
import SpanModel
import SpanNet

/// `spanlog delete`
struct Delete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Delete traces.",
    discussion: """
      Writes a line for each trace: its id, and how many spans were hidden; 0 for one that is not in the store. \
      They are hidden at once and for good when the line is written; their bytes go when the files are rewritten \
      or retired that they stand in. Spans of a deleted trace that come later are readable, unless the server \
      was started with --delete-hold.

      Example:
        spanlog delete --from 127.0.0.1:7411 5b8efff798038103d269b633813fc60c
      """)

  @Option(help: ArgumentHelp("Delete in this data directory, which no server has open.", valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp("Have the server at this address delete.", valueName: "host:port"),
    transform: ListenAddress.parse)
  var from: ListenAddress?

  @Argument(
    help: ArgumentHelp("The traces to delete: 1 to 32 hex digits each.", valueName: "trace-id"),
    transform: TraceIDText.parse)
  var traceIDs: [TraceID]

  func validate() throws {
    _ = try StorePlace(directory: data, server: from, serverFlag: "--from")
  }

  @MainActor
  func run() async throws {
    let place = try await DeletionPlace(StorePlace(directory: data, server: from, serverFlag: "--from"))
    let output = StandardOutput()
    do {
      for traceID in traceIDs {
        let count = try await place.delete(traceID)
        try output.write(Array("\(traceID) \(count)\n".utf8))
        // Who sees the line knows that the trace is deleted, whatever becomes of the next one.
        try output.flush()
      }
    } catch {
      try await place.close()
      throw error
    }
    try await place.close()
  }
}
