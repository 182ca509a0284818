internal import SpanWire

/// What became of an append that was answered: its accepted spans are stored, as durably as the server's
/// mode promises, and can be read.
public struct AppendAnswer: Hashable, Sendable {
  /// Spans the server refused, for a bad id for example. The others are stored.
  public let rejectedSpanCount: Int
  /// How the first refused span was wrong and where it stood; empty when none was refused.
  public let message: String

  static let allAccepted = AppendAnswer(AppendAnswerBody())

  init(_ body: AppendAnswerBody) {
    rejectedSpanCount = Int(clamping: body.rejectedSpanCount)
    message = body.message
  }
}
