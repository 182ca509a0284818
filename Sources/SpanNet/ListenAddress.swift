/// Where a door listens: `HOST:PORT`, with an IPv6 address in brackets, port 0 for any that is free.
package struct ListenAddress: Equatable, Sendable {
  /// A name or a numeric address, without brackets.
  package let host: String
  package let port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `127.0.0.1:7411`, `[::1]:0` or `localhost:7411`.
  package init(_ text: String) throws(ListenAddressError) {
    guard let colon = text.lastIndex(of: ":") else {
      throw ListenAddressError(text: text, problem: .noPort)
    }
    host = try Self.host(text[..<colon], in: text)
    port = try Self.port(text[text.index(after: colon)...], in: text)
  }

  private static func host(_ part: Substring, in text: String) throws(ListenAddressError) -> String {
    let isBracketed = part.hasPrefix("[") && part.hasSuffix("]") && part.count > 2
    let host = isBracketed ? part.dropFirst().dropLast() : part
    guard !host.isEmpty else { throw ListenAddressError(text: text, problem: .noHost) }
    guard isBracketed == host.contains(":"), !host.contains(where: { "[] /".contains($0) }) else {
      throw ListenAddressError(text: text, problem: .invalidHost(String(part)))
    }
    return String(host)
  }

  private static func port(_ part: Substring, in text: String) throws(ListenAddressError) -> Int {
    guard !part.isEmpty, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = UInt16(part)
    else { throw ListenAddressError(text: text, problem: .invalidPort(String(part))) }
    return Int(port)
  }
}

extension ListenAddress: CustomStringConvertible {
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A text that is no address to listen at.
package struct ListenAddressError: Error, Equatable, Sendable {
  package enum Problem: Equatable, Sendable {
    case noPort
    case noHost
    case invalidHost(String)
    case invalidPort(String)
  }

  package let text: String
  package let problem: Problem

  package init(text: String, problem: Problem) {
    self.text = text
    self.problem = problem
  }
}

extension ListenAddressError: CustomStringConvertible {
  package var description: String {
    let cause =
      switch problem {
      case .noPort: "it has no port"
      case .noHost: "it has no host"
      case .invalidHost(let host): "\"\(host)\" is no host (an IPv6 address stands in brackets)"
      case .invalidPort(let port): "\"\(port)\" is no port from 0 to 65535"
      }
    return "\"\(text)\" is no address: \(cause); write HOST:PORT, as in 127.0.0.1:7411 or [::1]:0"
  }
}
