/// Why a call failed.
///
/// `code` decides what a program does, `message` tells a person what was tried, where and why. When
/// `retryDelay` is set the server is only short of room: the same request may be sent again after it.
public struct ClientError: Error, Hashable, Sendable {
  /// What kind of failure it is.
  public enum Code: Hashable, Sendable {
    /// No connection was made.
    case connectFailed
    /// The connection ended before the answer came. An append may or may not have been stored; sending it
    /// again is safe, because equal spans are returned once.
    case connectionLost
    /// `close()` was called before the answer came, or before the call.
    case closed
    /// The task that waited was cancelled, or the stream was.
    case cancelled
    /// The server sent what the protocol does not allow.
    case protocolViolation
    /// The server could not make sense of the request. Sending it again will fail again.
    case invalidArgument
    /// Something stood still for too long.
    case deadlineExceeded
    /// The server has no room now; see `retryDelay`.
    case resourceExhausted
    /// The server does not know the call or the protocol version.
    case unimplemented
    /// The server met an error of its own.
    case `internal`
    /// The server is shutting down, or its store has stopped.
    case unavailable
    /// What was read before this is whole, but more of it is damaged; the message names file and position.
    case dataLoss
    /// The server asks for a token, or for another one.
    case unauthenticated
    /// A code that this client has no name for.
    case other(Int)
  }

  public let code: Code
  public let message: String
  /// How long to wait before the same request is sent again; `nil` when that would not help.
  public let retryDelay: Duration?

  public init(_ code: Code, _ message: String, retryDelay: Duration? = nil) {
    self.code = code
    self.message = message
    self.retryDelay = retryDelay
  }
}

extension ClientError: CustomStringConvertible {
  public var description: String {
    guard let retryDelay else { return message }
    return "\(message) (retry after \(retryDelay))"
  }
}
