internal import SpanModel
internal import SpanWire

/// Holds a record's directory against what its body says: both are checksummed, so a difference means that they
/// were written wrong.
struct DirectoryCheck {
  let hashKey: FileSalt
  let scan: FrameScan

  func check(_ record: ScannedRecord, _ verification: inout StoreVerification) throws(FileError) {
    guard record.header.kind == .request else { return }
    let layout = RecordLayout(of: record.header)
    if !record.bodyIsWhole || !record.directoryIsWhole {
      let room = StoreVerification.affectedTraceCountMax - verification.affectedTraces.count
      verification.affectedTraces += record.traceIDs.compactMap(\.self).prefix(room)
      return
    }
    let body = try bytes(at: record.position + UInt64(layout.bodyPosition), count: layout.bodyByteCount)
    let stored = try bytes(
      at: record.position + UInt64(layout.directoryPosition), count: layout.directoryByteCount)
    guard let expected = directory(of: body, record.header), expected == stored else {
      verification.damages.append(
        Damage(
          file: scan.segment.name, position: record.position + UInt64(layout.directoryPosition),
          byteCount: UInt64(layout.directoryByteCount), extent: .directory,
          reason: "the directory is not that of the body"))
      return
    }
  }

  private func bytes(at position: UInt64, count: Int) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      let next = min(FileWindow.byteCountMax, count - bytes.count)
      guard let found = try scan.window.bytes(at: position + UInt64(bytes.count), count: next) else { break }
      bytes.append(contentsOf: found)
    }
    return bytes
  }

  /// The directory that a body must have, or `nil` when its spans are not those the header counts.
  private func directory(of body: [UInt8], _ header: RecordHeader) -> [UInt8]? {
    var batch = SpanBatch()
    var isScanned = true
    body.withUnsafeBytes { body in
      do throws(WireError) { try batch.scan(body) } catch { isScanned = false }
    }
    guard isScanned, batch.rejectedSpanCount == Int(header.rejectedSpanCount) else { return nil }
    var builder = DirectoryBuilder(hashKey: hashKey)
    let counts = builder.group(batch)
    guard counts == header.counts else { return nil }
    var directory = [UInt8](repeating: 0, count: counts.directoryByteCount)
    directory.withUnsafeMutableBytes { bytes in
      if let start = bytes.baseAddress { builder.encode(batch, counts: counts, to: start) }
    }
    return directory
  }
}
