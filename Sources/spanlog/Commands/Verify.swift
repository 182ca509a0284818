import ArgumentParser
import SpanClient
import SpanEngine
import SpanModel
import SpanNet

/// `spanlog verify`
struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read and check every byte of a data directory; change nothing.",
    discussion: """
      Exits with 0 when all is whole, 1 when something is damaged (file, position and what is lost are told), \
      2 when it could not run, or not say what it found. A torn tail is what a crash leaves of a frame that was never acked: no damage.

      --repair-to puts all requests of which something can be read into a new data directory, and exits as \
      before: what is named as lost is not in it. --deleted looks for a trace's id in the bytes of all files \
      and in the spans of sealed segments, and exits with 0 when none holds it, and 1 when one does; spans of other traces that \
      link to it are counted and stay, and an id written as text is not looked for.

      With --from the server does it while it serves: of all that it had acked when it began.

      Example:
        spanlog verify traces
        spanlog verify traces --repair-to saved
        spanlog verify --from 127.0.0.1:7411
        spanlog verify traces --deleted 5b8efff798038103d269b633813fc60c
      """)

  @Argument(help: ArgumentHelp("The data directory, which no server has open.", valueName: "dir"))
  var directory: String?

  @Option(
    help: ArgumentHelp("Have the server at this address verify.", valueName: "host:port"),
    transform: ListenAddress.parse)
  var from: ListenAddress?

  @Option(
    help: ArgumentHelp("Save what can be read in this directory, new or empty.", valueName: "dir"))
  var repairTo: String?

  @Option(
    help: ArgumentHelp("Show instead which files still hold this trace.", valueName: "trace id"),
    transform: TraceIDText.parse)
  var deleted: TraceID?

  func validate() throws {
    guard repairTo == nil || deleted == nil else {
      throw ValidationError("--repair-to, --deleted: only one of them can be used")
    }
    guard repairTo == nil || from == nil else {
      throw ValidationError("--repair-to, --from: only one of them can be used; stop the server first")
    }
    _ = try DirectoryOrServer(directory, from)
  }

  @MainActor
  func run() async throws {
    switch try DirectoryOrServer(directory, from) {
    case .directory(let directory): try verify(directory)
    case .server(let server): try await verify(at: server)
    }
  }

  private func verify(at server: ListenAddress) async throws {
    let summary: VerificationSummary
    let deleted = deleted
    do throws(ClientError) {
      summary = try await ServerMaintenance(address: server, command: "verify").run {
        (client, progress) throws(ClientError) in
        try await client.verify(deleted: deleted, progress: progress)
      }
    } catch {
      StandardError.line("Error: \(error)")
      throw ExitCode(2)
    }
    try say(summary.lines)
    if !summary.isWhole { throw ExitCode(1) }
  }

  private func verify(_ directory: String) throws {
    if let deleted {
      let remains = try attempt { () throws(StoreError) in try TraceRemains.find(deleted, in: directory) }
      try say(RemainsText.lines(remains, of: deleted))
      if !remains.isGone { throw ExitCode(1) }
      return
    }
    let verification = try attempt { () throws(StoreError) in
      try StoreVerification.verify(directory: directory)
    }
    try say(VerificationText.lines(verification))
    if let repairTo {
      let salvage = try attempt { () throws(StoreError) in
        try StoreSalvage.save(from: directory, into: StoreOptions(directory: repairTo))
      }
      try say(
        salvage.mended.map { "mended: \($0.file) at position \($0.position): \($0.reason)" } + [
          "saved \(salvage.requestCount) requests with \(salvage.spanCount) spans in \(repairTo)"
        ])
    }
    if !verification.isWhole { throw ExitCode(1) }
  }

  /// Only damage may exit with 1.
  private func attempt<Value>(_ body: () throws(StoreError) -> Value) throws -> Value {
    do throws(StoreError) { return try body() } catch {
      StandardError.line("Error: \(error.naming("verify"))")
      throw ExitCode(2)
    }
  }

  private func say(_ lines: [String]) throws {
    let output = StandardOutput()
    do throws(OutputError) {
      try output.write(Array(lines.joined(separator: "\n").utf8))
      try output.write([UInt8(ascii: "\n")])
      try output.flush()
    } catch {
      // When the reader left, the exit code still tells; whoever has lost what was said must not take it for
      // damage.
      guard error == .readerLeft else {
        StandardError.line("Error: \(error)")
        throw ExitCode(2)
      }
    }
  }
}
