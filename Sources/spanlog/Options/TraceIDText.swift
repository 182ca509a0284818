import ArgumentParser
import SpanModel

/// Trace ids as they are written on the command line.
enum TraceIDText {
  static func parse(_ text: String) throws -> TraceID {
    guard let traceID = TraceID(text) else {
      throw ValidationError("\"\(text)\" is no trace id; write 1 to 32 hex digits")
    }
    return traceID
  }
}
