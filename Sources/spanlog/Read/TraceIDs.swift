import SpanCompression
import SpanModel

/// Which traces to read, one after the other.
protocol TraceIDs {
  mutating func next() throws -> TraceID?
}

/// One trace.
struct OneTraceID: TraceIDs {
  var traceID: TraceID?

  mutating func next() -> TraceID? {
    defer { traceID = nil }
    return traceID
  }
}

/// The traces named by the lines of a file: hex ids, or JSON objects with a member `trace_id`.
///
/// Empty lines are skipped. The file may be compressed.
final class TraceIDLines: TraceIDs {
  private let name: String
  private var lines: LineReader<InputFile>
  private var lineNumber = 0

  init(file: consuming InputFile) {
    name = file.name
    lines = LineReader(file, file: file.name)
  }

  func next() throws -> TraceID? {
    while let line = try lines.next() {
      lineNumber += 1
      let text = Self.trimmed(line)
      if text.isEmpty { continue }
      guard let traceID = Self.traceID(in: text) else {
        throw CommandFailure(
          "\(name): line \(lineNumber) names no trace; write 1 to 32 hex digits, "
            + "or a JSON object with a member \"trace_id\"")
      }
      return traceID
    }
    return nil
  }

  static func traceID(in line: Substring) -> TraceID? {
    guard line.hasPrefix("{") else { return TraceID(line) }
    // A value is looked for where JSON's writers put it; no other member holds this key in quotes.
    guard let key = line.firstRange(of: "\"trace_id\"") else { return nil }
    let value = line[key.upperBound...].drop { ": \t".contains($0) }
    guard value.hasPrefix("\"") else { return nil }
    return TraceID(value.dropFirst().prefix { $0 != "\"" })
  }

  private static func trimmed(_ line: String) -> Substring {
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    let end = line.lastIndex { !isSpace($0) }
    return end.map { line[...$0].drop(while: isSpace) } ?? ""
  }
}
