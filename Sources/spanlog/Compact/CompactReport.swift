import SpanClient
import SpanEngine

/// What `compact` did, or would do.
struct CompactReport: BenchReport {
  /// Or the server's address.
  var directory: String
  var dryRun: Bool
  var filesBefore: Int
  var bytesBefore: UInt64
  var filesAfter: Int
  var bytesAfter: UInt64
  /// Log files that were sealed.
  var sealedFiles: Int
  /// Sealed files that were rewritten, and what came of them.
  var mergedFiles: Int
  var newFiles: Int
  /// In the files that were rewritten.
  var spansRead: UInt64
  var spansKept: UInt64
  var copiesDropped: UInt64
  var deletedSpansDropped: UInt64
  var oldSpansDropped: UInt64
  var spansDroppedByRules: UInt64
  var tracesDroppedByRules: UInt64
  /// No rule keeps them, and they are too young, or not whole.
  var tracesLeftUnjudged: UInt64
  var damages: Int

  init(of directory: String, _ report: CompactionReport, isDryRun: Bool) {
    self.directory = directory
    dryRun = isDryRun
    filesBefore = report.before.fileCount
    bytesBefore = report.before.byteCount
    filesAfter = report.after.fileCount
    bytesAfter = report.after.byteCount
    sealedFiles = report.sealedLogCount
    mergedFiles = report.inputCount
    newFiles = report.outputCount
    spansRead = report.tally.readSpanCount
    spansKept = report.tally.keptSpanCount
    copiesDropped = report.tally.copyCount
    deletedSpansDropped = report.tally.deletedSpanCount
    oldSpansDropped = report.tally.oldSpanCount
    spansDroppedByRules = report.tally.judgedSpanCount
    tracesDroppedByRules = report.tally.judgedTraceCount
    tracesLeftUnjudged = report.tally.unjudgedTraceCount
    damages = report.damages.count
  }

  init(of server: String, _ summary: CompactionSummary, isDryRun: Bool) {
    directory = server
    dryRun = isDryRun
    filesBefore = Int(clamping: summary.fileCountBefore)
    bytesBefore = summary.byteCountBefore
    filesAfter = Int(clamping: summary.fileCountAfter)
    bytesAfter = summary.byteCountAfter
    sealedFiles = Int(clamping: summary.sealedFileCount)
    mergedFiles = Int(clamping: summary.mergedFileCount)
    newFiles = Int(clamping: summary.newFileCount)
    spansRead = summary.readSpanCount
    copiesDropped = summary.copyCount
    deletedSpansDropped = summary.deletedSpanCount
    oldSpansDropped = summary.oldSpanCount
    spansDroppedByRules = summary.judgedSpanCount
    spansKept = spansRead &- copiesDropped &- deletedSpansDropped &- oldSpansDropped &- spansDroppedByRules
    tracesDroppedByRules = summary.judgedTraceCount
    tracesLeftUnjudged = summary.unjudgedTraceCount
    damages = Int(clamping: summary.damageCount)
  }

  var rows: [(name: String, value: String)] {
    [
      ("directory", directory + (dryRun ? ", unchanged: this would happen" : "")),
      ("files", "\(filesBefore) before, \(filesAfter) after"),
      ("bytes", "\(bytesBefore) before, \(bytesAfter) after"),
      ("bytes per span", perSpan), ("sealed", "\(sealedFiles) files"),
      ("merged", "\(mergedFiles) files into \(newFiles)"),
      ("spans", "\(spansRead) read, \(spansKept) kept"), ("copies", "\(copiesDropped) dropped"),
      ("deleted", "\(deletedSpansDropped) dropped"), ("too old", "\(oldSpansDropped) dropped"),
      ("no rule keeps", "\(spansDroppedByRules) dropped, of \(tracesDroppedByRules) traces"),
      ("not judged", "\(tracesLeftUnjudged) traces, too young or not whole"),
      ("damages", damages == 0 ? "none" : "\(damages): what they are in stays as it is"),
    ]
  }

  private var perSpan: String {
    spansKept == 0 ? "none" : FigureText.short(Double(bytesAfter) / Double(spansKept)) + " of those kept"
  }
}
