internal import SpanWire

/// What a snapshot copied.
public struct SnapshotSummary: Hashable, Sendable {
  /// Files that have a second name now.
  public let linkedFileCount: UInt64
  public let copiedFileCount: UInt64
  public let copiedByteCount: UInt64
  /// Damages of the original, which are in the copy, too, and the first hundred of them.
  public let damageCount: UInt64
  public let damages: [String]

  init(_ body: SnapshotReportBody) {
    linkedFileCount = body.linkedFileCount
    copiedFileCount = body.copiedFileCount
    copiedByteCount = body.copiedByteCount
    damageCount = body.damageCount
    damages = body.damageTexts
  }
}
