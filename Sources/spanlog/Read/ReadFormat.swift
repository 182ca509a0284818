import ArgumentParser

/// How traces are written.
enum ReadFormat: String, ExpressibleByArgument, CaseIterable {
  case tree
  case otlpJSON = "otlp-json"
  case protobuf

  func output(to output: StandardOutput) -> any TraceOutput {
    switch self {
    case .tree: TreeOutput(output, columnCount: Terminal.columnCount)
    case .otlpJSON: JSONOutput(output)
    case .protobuf: ProtobufOutput(output: output)
    }
  }
}
