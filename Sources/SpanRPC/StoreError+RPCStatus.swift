internal import SpanEngine
internal import SpanWire

extension RPCStatus {
  /// A disk is not emptied within a second.
  private static let fullDiskDelayMilliseconds: UInt64 = 5000

  /// What a client is told of a store's error.
  init(_ error: StoreError) {
    switch error {
    case .busy(let retryAfter):
      self.init(.resourceExhausted, "\(error)", retryDelayMilliseconds: retryAfter.milliseconds)
    case .outOfSpace:
      self.init(.resourceExhausted, "\(error)", retryDelayMilliseconds: Self.fullDiskDelayMilliseconds)
    case .maintained(let retryAfter):
      self.init(.resourceExhausted, "\(error)", retryDelayMilliseconds: retryAfter.milliseconds)
    case .cancelled: self.init(.cancelled, "\(error)")
    case .unusable: self.init(.invalidArgument, "\(error)")
    case .overtaken: self.init(.resourceExhausted, "\(error)", retryDelayMilliseconds: 1)
    case .tooManyTombstones:
      self.init(.resourceExhausted, "\(error)", retryDelayMilliseconds: Self.fullDiskDelayMilliseconds)
    case .tooLarge: self.init(.invalidArgument, "\(error)")
    case .stopped: self.init(.unavailable, "\(error)")
    case .corrupt: self.init(.dataLoss, "\(error)")
    default: self.init(.internal, "\(error)")
    }
  }
}
