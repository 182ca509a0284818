internal import SpanWire

extension ClientError {
  /// The server's error answer to `request`.
  init(_ status: RPCStatus, request: String) {
    self.init(
      Code(status.code), "\(request) failed: \(status.message)",
      retryDelay: status.retryDelayMilliseconds == 0
        ? nil : .milliseconds(min(status.retryDelayMilliseconds, UInt64(UInt32.max))))
  }
}

extension ClientError.Code {
  fileprivate init(_ code: RPCCode) {
    switch code {
    case .cancelled: self = .cancelled
    case .invalidArgument: self = .invalidArgument
    case .deadlineExceeded: self = .deadlineExceeded
    case .resourceExhausted: self = .resourceExhausted
    case .unimplemented: self = .unimplemented
    case .internal: self = .internal
    case .unavailable: self = .unavailable
    case .dataLoss: self = .dataLoss
    case .unauthenticated: self = .unauthenticated
    default: self = .other(Int(code.rawValue))
    }
  }
}
