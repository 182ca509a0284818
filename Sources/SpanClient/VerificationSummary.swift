internal import SpanWire

/// What a verification found.
public struct VerificationSummary: Hashable, Sendable {
  /// Nothing is damaged; or, when a trace was looked for, no file holds it.
  public let isWhole: Bool
  /// For people: a line for each file, for each damage, and one for all of it.
  public let lines: [String]

  init(_ body: VerifyReportBody) {
    isWhole = body.isWhole
    lines = body.lines
  }
}
