import NIOHTTP1
import SpanNet

/// Why there is no answer to a request.
enum HTTPFailure: Error {
  case cannotConnect(any Error)
  case closed
  case timeout(seconds: Int)
  case broken(any Error)
}

extension HTTPFailure: CustomStringConvertible {
  var description: String {
    switch self {
    case .cannotConnect(let error): "cannot connect: \(SocketFailure(error).connectText)"
    case .closed: "the connection was closed"
    case .timeout(let seconds): "no answer within \(seconds) s"
    case .broken(let error as HTTPParserError): "the answer is no HTTP: \(error)"
    case .broken(let error): "the connection was lost: \(SocketFailure(error).reason)"
    }
  }
}
