import ArgumentParser
import SpanAnswers

/// How requests are written to standard output.
enum ReplayFormat: String, ExpressibleByArgument, CaseIterable {
  case protobuf
  case json
}

/// Writes requests to standard output: each is acked when the system has it.
final class OutputTarget: AppendTarget, @unchecked Sendable {
  // SAFETY: sent to and closed by the main actor alone, as `StandardOutput` asks.

  let name = "standard output"
  private let format: ReplayFormat
  private let output: StandardOutput

  init(format: ReplayFormat, output: StandardOutput = StandardOutput()) {
    self.format = format
    self.output = output
  }

  func send(_ request: [UInt8], answered: @escaping @Sendable (AppendReply) -> Void) async {
    answered(write(request))
  }

  private func write(_ request: [UInt8]) -> AppendReply {
    do throws(OutputError) {
      switch format {
      case .protobuf:
        try output.write(LengthDelimited.header(byteCount: request.count))
        try output.write(request)
      case .json:
        var document = OTLPJSONDocument()
        request.withUnsafeBytes { document.append($0) }
        document.finish()
        try output.write(document.take())
      }
      try output.flush()
      return .stored(rejectedSpanCount: 0, firstRejection: "")
    } catch {
      return .ended(reason: "\(error)")
    }
  }

  func close() async {}
}
