internal import SpanModel
internal import SpanWire

/// Holds a record's directory against what its body says: both are checksummed, so a difference means that
/// they were written wrong.
struct DirectoryCheck {
  let hashKey: HashKey
  let scan: FrameScan

  func check(_ record: ScannedRecord, _ verification: inout StoreVerification) throws(FileError) {
    guard record.header.kind == .request else { return }
    if !record.bodyIsWhole || !record.directoryIsWhole {
      let room = StoreVerification.affectedTraceCountMax - verification.affectedTraces.count
      verification.affectedTraces += record.traceIDs.compactMap(\.self).prefix(room)
      return
    }
    let rebuilt = RebuiltDirectory(of: try scan.body(of: record), hashKey: hashKey)
    let stored = try scan.directory(of: record)
    if let rebuilt, rebuilt.counts == record.header.counts, rebuilt.bytes == stored,
      rebuilt.rejectedSpanCount == Int(record.header.rejectedSpanCount)
        || record.header.rulesVersion == RequestAcceptance.heldRulesVersion
    {
      return
    }
    let layout = RecordLayout(of: record.header, at: record.position)
    verification.damages.append(
      Damage(
        file: scan.segment.name, position: record.position + UInt64(layout.directoryPosition),
        byteCount: UInt64(layout.directoryByteCount), extent: .directory,
        reason: "the directory is not that of the body"))
  }
}
