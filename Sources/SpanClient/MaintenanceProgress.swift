internal import SpanWire

/// How far a maintenance is.
public struct MaintenanceProgress: Hashable, Sendable {
  /// `sealing`, `compacting`, `verifying`, `searching` or `copying`; a later server may say something else.
  public let phase: String
  public let doneByteCount: UInt64
  /// As far as the server knows; what is done may come to a little more. 0: it does not know.
  public let totalByteCount: UInt64

  init(_ body: MaintainProgress) {
    phase = body.phase
    doneByteCount = body.doneByteCount
    totalByteCount = body.totalByteCount
  }
}
