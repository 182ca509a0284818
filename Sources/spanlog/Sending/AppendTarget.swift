/// Where requests are appended to, at most a window of them at a time.
protocol AppendTarget: AnyObject, Sendable {
  /// For messages: `127.0.0.1:7411`, or the directory.
  var name: String { get }

  /// Hands a serialized request over.
  ///
  /// - Parameter answered: called once, on any thread; must not block.
  func send(_ request: [UInt8], answered: @escaping @Sendable (AppendReply) -> Void) async

  /// Ends it when nothing is in flight any more.
  func close() async
}

/// What became of an append.
enum AppendReply: Sendable {
  /// Its accepted spans are stored.
  case stored(rejectedSpanCount: Int, firstRejection: String)
  /// There was no room; nothing was stored.
  case busy(retryAfter: Duration, reason: String)
  /// There was no answer, and nobody knows whether it is stored; the target may be back in a while.
  case lost(reason: String)
  /// Nothing can be sent any more.
  case ended(reason: String)
  /// It was refused for good.
  case failed(reason: String)
}
