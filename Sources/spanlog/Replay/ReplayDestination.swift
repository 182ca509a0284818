import SpanNet

/// Where a replay goes, as it is written in `--to`.
enum ReplayDestination: Equatable {
  case standardOutput
  case rpc(ListenAddress)
  case otlpHTTP(ListenAddress, path: String)

  private static let otlpPath = "/v1/traces"

  static func parse(_ text: String) throws -> ReplayDestination {
    if text == "-" { return .standardOutput }
    if let rest = text.dropping(prefix: "rpc://") { return .rpc(try ListenAddress(String(rest))) }
    if let rest = text.dropping(prefix: "otlp+http://") {
      let slash = rest.firstIndex(of: "/") ?? rest.endIndex
      let path = String(rest[slash...])
      // What a request line cannot hold.
      guard path.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
        throw ReplayDestinationError(text: text)
      }
      return .otlpHTTP(
        try ListenAddress(String(rest[..<slash])), path: path.isEmpty || path == "/" ? otlpPath : path)
    }
    throw ReplayDestinationError(text: text)
  }
}

struct ReplayDestinationError: Error, CustomStringConvertible {
  let text: String

  var description: String {
    "\"\(text)\" is nowhere to replay to; write rpc://HOST:PORT, otlp+http://HOST:PORT, or - for standard output"
  }
}

extension StringProtocol {
  /// What stands behind `prefix`; `nil` when something else stands there.
  func dropping(prefix: String) -> SubSequence? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }
}
