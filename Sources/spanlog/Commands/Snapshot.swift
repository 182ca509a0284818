import ArgumentParser
import SpanEngine

/// `spanlog snapshot`
struct Snapshot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy a data directory to one that can be opened in its place.",
    discussion: """
      Sealed segments are the same files under a second name, where both directories are on one file system; \
      log segments are copied as far as they are valid. The original is not changed. To restore, open the \
      copy, or copy it back.

      Example:
        spanlog snapshot traces --into backup
      """)

  @Argument(help: ArgumentHelp("The data directory, which no server has open.", valueName: "dir"))
  var directory: String

  @Option(help: ArgumentHelp("Where to; new, or empty.", valueName: "dir"))
  var into: String

  @MainActor
  func run() async throws {
    let snapshot = try StoreSnapshot.take(of: directory, into: into)
    KnownDamage(snapshot.damages).tell()
    let output = StandardOutput()
    let text =
      "\(into): \(snapshot.linkedFileCount) files linked, \(snapshot.copiedFileCount) copied with "
      + "\(snapshot.copiedByteCount) bytes\n"
    try output.write(Array(text.utf8))
    try output.flush()
  }
}
