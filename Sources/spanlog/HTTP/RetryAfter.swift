import SpanModel

/// The value of the header `Retry-After`: seconds, or a date.
///
/// Format: RFC 9110 §10.2.3.
enum RetryAfter {
  /// No server is waited for longer at a time.
  static let delayMax = Duration.seconds(300)

  /// - Returns: `nil` when it is neither.
  static func delay(_ text: String, now: Timestamp) -> Duration? {
    if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      // More digits than fit are a long time.
      return min(.seconds(UInt32(text) ?? UInt32.max), delayMax)
    }
    guard let date = MomentText.httpDate(text) else { return nil }
    guard date > now else { return .zero }
    return min(.nanoseconds(Int64(clamping: date.nanoseconds - now.nanoseconds)), delayMax)
  }
}
