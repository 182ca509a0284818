import SpanAnswers
import SpanModel
import SpanWire

/// Writes traces to standard output in one format.
protocol TraceOutput {
  /// Adds a chunk, a serialized `TracesData`.
  mutating func append(_ chunk: [UInt8], mayRepeat: Bool) throws
  /// The chunks after this are of another trace.
  mutating func endTrace() throws
  /// Ends the whole.
  mutating func finish() throws
}

/// Length-delimited `TracesData`, byte for byte as they come.
struct ProtobufOutput: TraceOutput {
  let output: StandardOutput

  mutating func append(_ chunk: [UInt8], mayRepeat: Bool) throws {
    try output.write(LengthDelimited.header(byteCount: chunk.count))
    try output.write(chunk)
  }

  mutating func endTrace() {}
  mutating func finish() {}
}

/// One OTLP/JSON document of all traces.
struct JSONOutput: TraceOutput {
  let output: StandardOutput
  private var document = OTLPJSONDocument()

  init(_ output: StandardOutput) { self.output = output }

  mutating func append(_ chunk: [UInt8], mayRepeat: Bool) throws {
    chunk.withUnsafeBytes { document.append($0) }
    try output.write(document.take())
  }

  mutating func endTrace() {}

  mutating func finish() throws {
    document.finish()
    try output.write(document.take())
    if document.malformedMessageCount > 0 {
      StandardError.line(
        "\(document.malformedMessageCount) messages hold bytes that are no protobuf; they are shown up to "
          + "there, and --format protobuf gives them whole")
    }
  }
}

/// The traces as trees, an empty line between two.
struct TreeOutput: TraceOutput {
  let output: StandardOutput
  let columnCount: Int
  private var tree: TraceTree?
  private var isFirst = true
  private var batch = SpanBatch()

  init(_ output: StandardOutput, columnCount: Int) {
    self.output = output
    self.columnCount = columnCount
  }

  mutating func append(_ chunk: [UInt8], mayRepeat: Bool) throws {
    try chunk.withUnsafeBytes { bytes in
      // No chunk holds spans of two traces, so its first span tells whose it is.
      try batch.scan(bytes)
      guard let traceID = batch.spans.first?.traceID else { return }
      if tree?.traceID != traceID {
        try endTrace()
        tree = TraceTree(traceID: traceID)
      }
      try tree?.append(bytes, mayRepeat: mayRepeat)
    }
  }

  mutating func endTrace() throws {
    guard let tree else { return }
    self.tree = nil
    if !isFirst { try output.write([UInt8(ascii: "\n")]) }
    isFirst = false
    try tree.draw(columnCount: columnCount) { piece throws(OutputError) in try output.write(piece) }
  }

  mutating func finish() throws { try endTrace() }
}
