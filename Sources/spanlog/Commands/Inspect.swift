import ArgumentParser
import Glibc
import SpanEngine

/// `spanlog inspect`
struct Inspect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what the files of a data directory hold, record by record.",
    discussion: """
      Of a sealed segment: its footer, its sections, columns, records and row groups.

      Example:
        spanlog inspect traces
        spanlog inspect traces/lane-0-0000000000000001.active --traces
      """)

  @Argument(help: ArgumentHelp("A data directory, or one of its files.", valueName: "dir|file"))
  var path: String

  @Flag(help: "Show the trace ids of each record, and of each row group of a sealed segment.")
  var traces = false

  @Flag(help: "Show the spans of each trace of a sealed segment.")
  var spans = false

  @MainActor
  func run() async throws {
    let (directory, names) = try files()
    let text = InspectionText(showsTraces: traces)
    let output = StandardOutput()
    var unreadableCount = 0
    do {
      for name in names where try !inspect(name, in: directory, text, output) { unreadableCount += 1 }
      try output.flush()
    } catch OutputError.readerLeft {
      // As after `| head`: enough was read.
    }
    if unreadableCount > 0 { throw ExitCode(1) }
  }

  /// - Returns: `false` when the file could not be read, which is told: those after it are worth seeing, too.
  private func inspect(
    _ name: String, in directory: String, _ text: InspectionText, _ output: StandardOutput
  ) throws -> Bool {
    do {
      try write(name, in: directory, text, output)
      return true
    } catch let error as StoreError {
      if case .directoryInUse = error { throw error }
      // So that it stands behind what was read of the file.
      try output.flush()
      StandardError.line("Error: \(error)")
      return false
    }
  }

  private func write(
    _ name: String, in directory: String, _ text: InspectionText, _ output: StandardOutput
  ) throws {
    var failure: OutputError?
    func write(_ lines: [String]) {
      guard failure == nil else { return }
      do throws(OutputError) {
        for line in lines { try output.write(Array((line + "\n").utf8)) }
      } catch {
        failure = error
      }
    }
    if FileName.parseSealed(name) != nil {
      var detail = SealedInspection.Detail()
      detail.showsTraces = traces
      detail.showsSpans = spans
      var text = SealedInspectionText()
      try SealedInspection.inspect(name, in: directory, detail) { write(text.lines($0)) }
    } else {
      try SegmentInspection.inspect(name, in: directory) { write(text.lines($0)) }
    }
    if let failure { throw failure }
  }

  private func files() throws -> (directory: String, names: [String]) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw CommandFailure("cannot find \(path): \(String(cString: strerror(errno))) (errno \(errno))")
    }
    if status.st_mode & S_IFMT == S_IFDIR { return (path, try names(in: path)) }
    let slash = path.lastIndex(of: "/")
    let name = String(slash.map { path[path.index(after: $0)...] } ?? path[...])
    guard status.st_mode & S_IFMT == S_IFREG,
      FileName.parseActive(name) != nil || FileName.parseSealed(name) != nil
    else {
      throw CommandFailure(
        "\(path) is no segment: its name is neither lane-L-SSSSSSSSSSSSSSSS.active nor "
          + "STORE-SSSSSSSSSSSSSSSS.sealed")
    }
    guard let slash else { return (".", [name]) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), [name])
  }

  private func names(in directory: String) throws -> [String] {
    let names =
      try SealedInspection.segmentNames(in: directory) + SegmentInspection.segmentNames(in: directory)
    guard names.isEmpty else { return names }
    if access("\(directory)/\(FileName.identity)", F_OK) != 0 {
      throw CommandFailure("\(directory) is no data directory: it has no \(FileName.identity)")
    }
    StandardError.line("\(directory) has no segments")
    return []
  }
}
