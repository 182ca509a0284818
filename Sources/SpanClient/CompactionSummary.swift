internal import SpanWire

/// What a compaction did, or would do.
public struct CompactionSummary: Hashable, Sendable {
  /// Of segments and indexes, before and after.
  public let fileCountBefore: UInt64
  public let byteCountBefore: UInt64
  public let fileCountAfter: UInt64
  public let byteCountAfter: UInt64
  /// Log files that were sealed first.
  public let sealedFileCount: UInt64
  /// Sealed files that were rewritten, and those that came of them.
  public let mergedFileCount: UInt64
  public let newFileCount: UInt64
  /// In the files that were rewritten, as with all that follow.
  public let readSpanCount: UInt64
  /// Equal spans but one.
  public let copyCount: UInt64
  public let deletedSpanCount: UInt64
  public let oldSpanCount: UInt64
  /// Spans, and traces, that no rule keeps.
  public let judgedSpanCount: UInt64
  public let judgedTraceCount: UInt64
  /// Traces that no rule keeps and that were kept: too young, or not whole.
  public let unjudgedTraceCount: UInt64
  /// Damages that kept files from being rewritten, and the first hundred of them.
  public let damageCount: UInt64
  public let damages: [String]

  init(_ body: CompactReportBody) {
    fileCountBefore = body.fileCountBefore
    byteCountBefore = body.byteCountBefore
    fileCountAfter = body.fileCountAfter
    byteCountAfter = body.byteCountAfter
    sealedFileCount = body.sealedFileCount
    mergedFileCount = body.mergedFileCount
    newFileCount = body.newFileCount
    readSpanCount = body.readSpanCount
    copyCount = body.copyCount
    deletedSpanCount = body.deletedSpanCount
    oldSpanCount = body.oldSpanCount
    judgedSpanCount = body.judgedSpanCount
    judgedTraceCount = body.judgedTraceCount
    unjudgedTraceCount = body.unjudgedTraceCount
    damageCount = body.damageCount
    damages = body.damageTexts
  }
}
