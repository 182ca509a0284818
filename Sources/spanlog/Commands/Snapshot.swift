import ArgumentParser
import SpanClient
import SpanEngine
import SpanNet

/// `spanlog snapshot`
struct Snapshot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy a data directory to one that can be opened in its place.",
    discussion: """
      Sealed segments are the same files under a second name, where both directories are on one file system; \
      log segments are copied as far as they are valid. The original is not changed. To restore, open the \
      copy, or copy it back. With --from the server copies what it has acked, to a directory of its own machine.

      Example:
        spanlog snapshot traces --into backup
        spanlog snapshot --from 127.0.0.1:7411 --into /var/backups/traces
      """)

  @Argument(help: ArgumentHelp("The data directory, which no server has open.", valueName: "dir"))
  var directory: String?

  @Option(
    help: ArgumentHelp("Have the server at this address copy.", valueName: "host:port"),
    transform: ListenAddress.parse)
  var from: ListenAddress?

  @Option(
    help: ArgumentHelp(
      "Where to; new, or empty. With --from named from the root on, on the server's machine.",
      valueName: "dir"))
  var into: String

  func validate() throws {
    _ = try DirectoryOrServer(directory, from)
    if from != nil, !into.hasPrefix("/") {
      throw ValidationError("--into: with --from a directory of the server's machine, as /var/backups/traces")
    }
  }

  @MainActor
  func run() async throws {
    switch try DirectoryOrServer(directory, from) {
    case .directory(let directory):
      let snapshot: StoreSnapshot
      do throws(StoreError) { snapshot = try StoreSnapshot.take(of: directory, into: into) } catch {
        throw error.naming("snapshot")
      }
      KnownDamage(snapshot.damages).tell()
      try say(UInt64(snapshot.linkedFileCount), UInt64(snapshot.copiedFileCount), snapshot.copiedByteCount)
    case .server(let server):
      let path = into
      let copy = try await ServerMaintenance(address: server, command: "snapshot").run {
        (client, progress) throws(ClientError) in
        try await client.snapshot(into: path, progress: progress)
      }
      KnownDamage(texts: copy.damages, count: copy.damageCount).tell()
      try say(copy.linkedFileCount, copy.copiedFileCount, copy.copiedByteCount)
    }
  }

  private func say(_ linkedCount: UInt64, _ copiedCount: UInt64, _ byteCount: UInt64) throws {
    let output = StandardOutput()
    let text =
      "\(into): \(linkedCount) files linked, \(copiedCount) copied with \(byteCount) bytes\n"
    try output.write(Array(text.utf8))
    try output.flush()
  }
}
