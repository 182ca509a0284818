/// The calls of the TCP RPC. The number of an answer has the top bit set.
package enum RPCMethod: UInt8, CaseIterable, Sendable {
  case hello = 1
  case append = 2
  case readTrace = 3
  case search = 4
  case deleteTrace = 5
  case stats = 6
  case tail = 7
  case cancel = 8
  case maintain = 9
  case credit = 10

  package static let answerBit: UInt8 = 0x80
  /// The method number of an answer that is an error: its body is an `RPCStatus`.
  package static let errorAnswer: UInt8 = 0xff

  /// The method number of this call's answer.
  package var answer: UInt8 { rawValue | Self.answerBit }
}

extension RPCMethod: CustomStringConvertible {
  /// The name that `docs/protocol.md` gives it.
  package var description: String {
    switch self {
    case .hello: "Hello"
    case .append: "Append"
    case .readTrace: "ReadTrace"
    case .search: "Search"
    case .deleteTrace: "DeleteTrace"
    case .stats: "Stats"
    case .tail: "Tail"
    case .cancel: "Cancel"
    case .maintain: "Maintain"
    case .credit: "Credit"
    }
  }
}
