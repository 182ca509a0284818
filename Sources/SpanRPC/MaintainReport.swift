internal import SpanEngine
internal import SpanWire

extension MaintainAnswer {
  /// Damages that are told one by one, as the command line does: a broken disk may have made thousands.
  private static let damageTextCountMax = 100
  /// Lines of a verification: a server's disk has so many files and no more, and damages are merged.
  private static let lineCountMax = 20_000

  init(_ progress: MaintenanceProgress) {
    self.init()
    var body = MaintainProgress()
    body.phase = progress.phase.rawValue
    body.doneByteCount = progress.doneByteCount
    body.totalByteCount = progress.totalByteCount
    self.progress = body
  }

  init(_ result: MaintenanceResult) {
    self.init()
    switch result {
    case .compacted(let report): compact = CompactReportBody(report, Self.texts(report.damages))
    case .verified(let verification):
      verify = Self.report(verification.isWhole, VerificationText.lines(verification))
    case .found(let remains, let traceID):
      verify = Self.report(remains.isGone, RemainsText.lines(remains, of: traceID))
    case .copied(let copy): snapshot = SnapshotReportBody(copy, Self.texts(copy.damages))
    }
  }

  private static func texts(_ damages: [Damage]) -> [String] {
    damages.prefix(damageTextCountMax).map(\.description)
  }

  /// The last line says what it comes to.
  private static func report(_ isWhole: Bool, _ lines: [String]) -> VerifyReportBody {
    var body = VerifyReportBody()
    body.isWhole = isWhole
    body.lines = lines
    if lines.count > lineCountMax {
      let leftOut = lines.count - lineCountMax
      body.lines = lines.prefix(lineCountMax - 1) + ["\(leftOut) more lines"] + lines.suffix(1)
    }
    return body
  }
}

extension CompactReportBody {
  fileprivate init(_ report: CompactionReport, _ damageTexts: [String]) {
    self.init()
    fileCountBefore = UInt64(report.before.fileCount)
    byteCountBefore = report.before.byteCount
    fileCountAfter = UInt64(report.after.fileCount)
    byteCountAfter = report.after.byteCount
    sealedFileCount = UInt64(report.sealedLogCount)
    mergedFileCount = UInt64(report.inputCount)
    newFileCount = UInt64(report.outputCount)
    readSpanCount = report.tally.readSpanCount
    copyCount = report.tally.copyCount
    deletedSpanCount = report.tally.deletedSpanCount
    oldSpanCount = report.tally.oldSpanCount
    judgedSpanCount = report.tally.judgedSpanCount
    judgedTraceCount = report.tally.judgedTraceCount
    unjudgedTraceCount = report.tally.unjudgedTraceCount
    damageCount = UInt64(report.damages.count)
    self.damageTexts = damageTexts
  }
}

extension SnapshotReportBody {
  fileprivate init(_ copy: StoreSnapshot, _ damageTexts: [String]) {
    self.init()
    linkedFileCount = UInt64(copy.linkedFileCount)
    copiedFileCount = UInt64(copy.copiedFileCount)
    copiedByteCount = copy.copiedByteCount
    damageCount = UInt64(copy.damages.count)
    self.damageTexts = damageTexts
  }
}
