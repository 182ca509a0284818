import NIOHTTP1

/// What came back for a request.
struct HTTPAnswer: Sendable {
  var head: HTTPResponseHead
  /// As far as it is kept.
  var body: [UInt8] = []
}
