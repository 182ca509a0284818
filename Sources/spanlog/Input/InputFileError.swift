import Glibc
import SpanCompression
import SpanWire

/// A file that could not be read to its end. Positions count bytes of the decompressed stream.
struct InputFileError: Error, Equatable {
  enum Problem: Equatable {
    case cannotOpen(code: Int32)
    case unreadable(DecompressionError)
    /// The length in front of a message is no varint of 64 bits.
    case invalidLength(position: UInt64)
    case tooLong(position: UInt64, byteCount: UInt64, byteCountMax: Int)
    case cutOff(position: UInt64, byteCount: UInt64, presentByteCount: Int)
    /// `position` is where the message begins, behind its length.
    case notProtobuf(position: UInt64, WireError)
    case lineTooLong
    /// It begins as JSON does, and not as OTLP's.
    case json
    case noJSONObject(line: Int, column: Int)
    case invalidJSON(line: Int, column: Int, reason: String)
    case jsonTooLong(line: Int, byteCountMax: Int)
    case jsonCutOff(line: Int)
  }

  let file: String
  let problem: Problem

  init(file: String, _ problem: Problem) {
    self.file = file
    self.problem = problem
  }
}

extension InputFileError: CustomStringConvertible {
  var description: String { "\(file): \(cause)" }

  private var cause: String {
    switch problem {
    case .cannotOpen(let code): "cannot be opened: \(String(cString: strerror(code))) (errno \(code))"
    case .unreadable(let error): "\(error)"
    case .invalidLength(let position):
      "byte \(position): there is no length in front of a message; is this length-delimited OTLP protobuf?"
    case .tooLong(let position, let byteCount, let byteCountMax):
      "byte \(position): a message of \(byteCount) bytes is too long, at most \(byteCountMax) are taken; "
        + "is this length-delimited OTLP protobuf?"
    case .cutOff(let position, let byteCount, let presentByteCount):
      "byte \(position): a message of \(byteCount) bytes is cut off after \(presentByteCount)"
    case .notProtobuf(let position, let error):
      "byte \(position + UInt64(error.position)), in the message at byte \(position): \(error)"
    case .json: "it looks like JSON, but of another kind than OTLP's: objects with resourceSpans are read"
    case .noJSONObject(let line, let column): "line \(line), byte \(column): no JSON object begins here"
    case .invalidJSON(let line, let column, let reason): "line \(line), byte \(column): \(reason)"
    case .jsonTooLong(let line, let byteCountMax):
      "the JSON object in line \(line) is too long, at most \(byteCountMax) bytes are taken; write several"
    case .jsonCutOff(let line): "the JSON object that begins in line \(line) is cut off"
    case .lineTooLong: "a line is longer than a MiB; is this a list of trace ids?"
    }
  }
}
