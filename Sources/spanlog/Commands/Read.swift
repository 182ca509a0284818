import ArgumentParser
import SpanModel
import SpanNet

/// `spanlog read`
struct Read: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write traces to standard output.",
    discussion: """
      A trace is named by its id, 1 to 32 hex digits, or by a line of a file: an id, or a JSON object with a \
      member "trace_id". Exits with 1 when a trace is unknown or damaged, or the directory is; whatever can be \
      read is written then, too.

      Example:
        spanlog read --from 127.0.0.1:7411 5b8efff798038103d269b633813fc60c
        spanlog read --data traces --all --format otlp-json > traces.json
        spanlog read --from 127.0.0.1:7411 --ids ids.txt --format protobuf > t.otlp
      """)

  @Option(help: ArgumentHelp("Read this data directory, which no server has open.", valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp("Read from the server at this address.", valueName: "host:port"),
    transform: ListenAddress.parse)
  var from: ListenAddress?

  @Argument(help: ArgumentHelp("The trace to read.", valueName: "trace-id"), transform: TraceIDText.parse)
  var traceID: TraceID?

  @Option(help: ArgumentHelp("Read the traces this file names; - is standard input.", valueName: "file"))
  var ids: String?

  @Flag(help: "Read every trace.")
  var all = false

  @Option(help: "tree, otlp-json (one document), or protobuf (length-delimited TracesData).")
  var format = ReadFormat.tree

  @Option(help: ArgumentHelp("Leave out the first spans of each trace.", valueName: "n"))
  var skip: UInt64 = 0

  @Option(help: ArgumentHelp("Read at most so many spans of each trace.", valueName: "n"))
  var limit: UInt64?

  func validate() throws {
    _ = try StorePlace(directory: data, server: from, serverFlag: "--from")
    let selectionCount = [traceID != nil, ids != nil, all].count { $0 }
    guard selectionCount == 1 else {
      throw ValidationError("one of a trace id, --ids and --all is required, and only one can be used")
    }
    if limit == 0 { throw ValidationError("--limit: 0 is too small, at least 1 is required") }
    if all && (skip > 0 || limit != nil) {
      throw ValidationError("--skip, --limit: page within a trace; with --all they cannot be used")
    }
  }

  @MainActor
  func run() async throws {
    let source = try await openSource()
    let output = StandardOutput()
    let known = try await source.knownDamage()
    known.tell()
    var result = ReadResult(known)
    do {
      try await copy(from: source, to: output, &result)
    } catch OutputError.readerLeft {
      // As after `| head`: enough was read.
    }
    await source.close()
    try report(result)
  }

  private func openSource() async throws -> any TraceSource {
    let selection = try selection()
    return switch try StorePlace(directory: data, server: from, serverFlag: "--from") {
    case .directory(let directory): try StoreSource(directory: directory, selection)
    case .server(let address): try await ServerSource(address, selection)
    }
  }

  private func selection() throws -> ReadSelection {
    if let ids { return .traces(TraceIDLines(file: try InputFile(name: ids)), skip: skip, limit: limit) }
    if let traceID { return .traces(OneTraceID(traceID: traceID), skip: skip, limit: limit) }
    return .all
  }

  /// Whatever ends the reading, what was read before is written, and as a whole document.
  private func copy(
    from source: any TraceSource, to standardOutput: StandardOutput, _ result: inout ReadResult
  ) async throws {
    var output = format.output(to: standardOutput)
    do {
      while let piece = try await source.next() { try write(piece, to: &output, &result) }
    } catch let error as OutputError {
      throw error
    } catch {
      result.problem = error
    }
    try output.finish()
    try standardOutput.flush()
  }

  private func write(
    _ piece: TracePiece, to output: inout any TraceOutput, _ result: inout ReadResult
  ) throws {
    switch piece {
    case .chunk(let bytes, let mayRepeat): try output.append(bytes, mayRepeat: mayRepeat)
    case .end(let traceID, let wasFound):
      result.count(traceID, wasFound: wasFound)
      try output.endTrace()
    case .damaged(let text):
      result.damaged(text)
      try output.endTrace()
    }
  }

  private func report(_ result: ReadResult) throws {
    for line in result.damageLines { StandardError.line(line) }
    if let problem = result.problem { throw problem }
    var failures: [String] = []
    if let unknown = unknownText(result) { failures.append(unknown) }
    if result.hasMetDamage || (result.known.mayHideSpans && concernsAll) {
      failures.append("what was written may not be all there is, see above")
    }
    if !failures.isEmpty { throw CommandFailure(failures.joined(separator: "; ")) }
  }

  /// Whether damage anywhere says something about this answer: a server says only that there is some, which
  /// must not fail each read of a trace.
  private var concernsAll: Bool { data != nil || all }

  private func unknownText(_ result: ReadResult) -> String? {
    guard let unknown = result.firstUnknown else { return nil }
    if ids != nil {
      return "\(result.unknownCount) of \(result.traceCount) traces are not in the store, the first of them "
        + "\(unknown)"
    }
    return skip > 0
      ? "trace \(unknown) is not in the store, or has no spans past the first \(skip)"
      : "trace \(unknown) is not in the store"
  }
}

/// What came of a read besides the traces.
struct ReadResult {
  /// As many distinct damages are told one by one; a broken disk may have made thousands.
  private static let toldCountMax = 1000

  let known: KnownDamage
  private(set) var traceCount = 0
  private(set) var unknownCount = 0
  private(set) var firstUnknown: TraceID?
  /// What ended the read before its time.
  var problem: (any Error)?
  /// How often each damage was met that was not told when opening, and the texts in order.
  private var meetings: [String: Int] = [:]
  private var texts: [String] = []
  private(set) var hasMetDamage = false

  init(_ known: KnownDamage) { self.known = known }

  /// Each damage once, and how many traces it touched.
  var damageLines: [String] {
    texts.map { text in
      let count = meetings[text, default: 1]
      return count == 1 ? text : "\(text) (met in \(count) traces)"
    }
  }

  mutating func damaged(_ text: String) {
    hasMetDamage = true
    guard !known.texts.contains(text) else { return }
    if meetings[text] == nil {
      guard texts.count < Self.toldCountMax else { return }
      texts.append(text)
    }
    meetings[text, default: 0] += 1
  }

  mutating func count(_ traceID: TraceID, wasFound: Bool) {
    traceCount += 1
    guard !wasFound else { return }
    unknownCount += 1
    firstUnknown = firstUnknown ?? traceID
  }
}
