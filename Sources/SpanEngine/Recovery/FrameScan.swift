internal import SpanModel
internal import SpanWire

/// A record as a scan found it.
struct ScannedRecord {
  let position: UInt64
  let header: RecordHeader
  /// The ids of its traces in the directory's order, as far as the directory is whole; `nil` where it is not.
  var traceIDs: [TraceID?]
  /// What a record of that kind says, when its body is whole.
  var tombstone: Tombstone?
  var bodyIsWhole: Bool
  var directoryIsWhole: Bool
}

/// A frame whose header is whole, with what is wrong in the rest of it.
struct ScannedFrame {
  let position: UInt64
  let header: FrameHeader
  /// Those whose headers are whole, in order.
  var records: [ScannedRecord] = []
  var damages: [Damage] = []

  var end: UInt64 { position + header.alignedByteCount }

  /// Whether all that was appended can be read; damaged padding takes nothing away.
  var isWhole: Bool { damages.allSatisfy { $0.extent == .nothing } }
}

/// Reads frames of one file and checks every byte of them.
struct FrameScan {
  /// Above all positions of records: an index holds them in 32 bits, in units of 8 bytes, and no file is half
  /// as long.
  private static let positionEnd: UInt64 = 1 << 35

  let segment: SegmentFile
  let window: FileWindow

  init(_ segment: SegmentFile) throws(FileError) {
    self.segment = segment
    window = try FileWindow(segment)
  }

  private var salt: FileSalt { segment.header.salt }

  /// What the device could not read.
  var unreadable: [Damage] {
    var damages: [Damage] = []
    for position in window.unreadable.sorted() {
      let count = min(UInt64(FileWindow.pageByteCount), window.fileByteCount - position)
      damages.appendMerging(damage(position, count, .nothing, FileError.unreadableReason))
    }
    return damages
  }

  func header(at position: UInt64) throws(FileError) -> Result<FrameHeader, FormatError> {
    guard let bytes = try window.bytes(at: position, count: FrameHeader.byteCount) else {
      return .failure(.tooShort(byteCount: 0, needed: FrameHeader.byteCount))
    }
    do throws(FormatError) {
      let header = try FrameHeader(decoding: bytes, salt: salt, position: position)
      guard header.segment == segment.header.sequence else { return .failure(.identity) }
      return .success(header)
    } catch {
      return .failure(error)
    }
  }

  /// The body of a record; fewer bytes where the file ends.
  func body(of record: ScannedRecord) throws(FileError) -> [UInt8] {
    let layout = RecordLayout(of: record.header, at: record.position)
    return try window.copy(at: record.position + UInt64(layout.bodyPosition), count: layout.bodyByteCount)
  }

  /// The directory of a record as it is stored; fewer bytes where the file ends.
  func directory(of record: ScannedRecord) throws(FileError) -> [UInt8] {
    let layout = RecordLayout(of: record.header, at: record.position)
    return try window.copy(
      at: record.position + UInt64(layout.directoryPosition), count: layout.directoryByteCount)
  }

  /// The first valid frame header at or behind `position`.
  func nextHeader(from position: UInt64) throws(FileError) -> (position: UInt64, header: FrameHeader)? {
    var next = (position + FrameHeader.alignment - 1) & ~(FrameHeader.alignment - 1)
    while next + UInt64(FrameHeader.byteCount) <= window.fileByteCount {
      if case .success(let header) = try header(at: next) { return (next, header) }
      next += FrameHeader.alignment
    }
    return nil
  }

  /// Checks the whole frame behind `header`.
  func frame(at position: UInt64, _ header: FrameHeader) throws(FileError) -> ScannedFrame {
    var frame = ScannedFrame(position: position, header: header)
    if frame.end > window.fileByteCount {
      let missing = frame.end - window.fileByteCount
      frame.damages.append(damage(window.fileByteCount, missing, .frames, "the file ends within the frame"))
    }
    let payloadEnd = position + UInt64(FrameHeader.byteCount) + header.payloadByteCount
    var next = position + UInt64(FrameHeader.byteCount)
    var recordsChecksum: UInt32 = 0
    while next < payloadEnd {
      if let record = try record(at: next, frameAt: position, payloadEnd: payloadEnd, &frame.damages) {
        var checksum = record.header.checksum.littleEndian
        recordsChecksum = withUnsafeBytes(of: &checksum) { CRC32C.checksum($0, continuing: recordsChecksum) }
        next += UInt64(RecordLayout(of: record.header, at: next).byteCount)
        frame.records.append(record)
      } else {
        let following = try nextRecord(after: next, frameAt: position, payloadEnd: payloadEnd)
        frame.damages.append(
          damage(next, following - next, .frames, "a record's header cannot be read"))
        next = following
      }
    }
    let isComplete = frame.records.count == header.recordCount && recordsChecksum == header.recordsChecksum
    if !isComplete, frame.damages.isEmpty {
      frame.damages.append(
        damage(position, header.alignedByteCount, .record, "its records are not those its header counts"))
    }
    try checkZeroes(from: payloadEnd, to: frame.end, &frame.damages)
    return frame
  }

  /// Where the next record behind one whose header is damaged stands; the payload's end when there is none.
  private func nextRecord(after position: UInt64, frameAt framePosition: UInt64, payloadEnd: UInt64)
    throws(FileError) -> UInt64
  {
    var next = position + 8
    while next + UInt64(RecordHeader.byteCount) <= payloadEnd {
      guard let bytes = try window.bytes(at: next, count: RecordHeader.byteCount) else { return payloadEnd }
      if let header = try? RecordHeader(decoding: bytes, salt: salt, position: next),
        UInt64(header.distanceInFrame) == next - framePosition
      {
        return next
      }
      next += 8
    }
    return payloadEnd
  }

  private func record(
    at position: UInt64, frameAt framePosition: UInt64, payloadEnd: UInt64, _ damages: inout [Damage]
  ) throws(FileError) -> ScannedRecord? {
    guard position < Self.positionEnd, position + UInt64(RecordHeader.byteCount) <= payloadEnd,
      let bytes = try window.bytes(at: position, count: RecordHeader.byteCount)
    else { return nil }
    let header: RecordHeader
    do { header = try RecordHeader(decoding: bytes, salt: salt, position: position) } catch { return nil }
    let layout = RecordLayout(of: header, at: position)
    guard UInt64(header.distanceInFrame) == position - framePosition,
      UInt64(layout.byteCount) <= payloadEnd - position,
      let table = try window.bytes(at: position + UInt64(layout.tablePosition), count: layout.tableByteCount)
    else { return nil }
    let tableChecksum = CRC32C.checksum(table) ^ salt.mask(at: position + UInt64(layout.tablePosition))
    var record = ScannedRecord(
      position: position, header: header, traceIDs: [], bodyIsWhole: true, directoryIsWhole: true)
    if tableChecksum != header.tableChecksum {
      damages.append(
        damage(
          position + UInt64(layout.tablePosition), UInt64(layout.tableByteCount), .record,
          "the checksum of its page table differs"))
    }
    try checkPages(of: &record, layout, stored: [UInt8](table), &damages)
    return record
  }

  private func checkPages(
    of record: inout ScannedRecord, _ layout: RecordLayout, stored: [UInt8], _ damages: inout [Damage]
  ) throws(FileError) {
    let position = record.position
    let body = position + UInt64(layout.bodyPosition)
    let directory = position + UInt64(layout.directoryPosition)
    // From front to back, so that the window need not go back and read the record once more.
    try checkZeroes(from: position + UInt64(layout.tablePosition + layout.tableByteCount), to: body, &damages)
    let extent = record.header.kind == .tombstone ? Damage.Extent.tombstone : .body
    let bodyDamages = try damagedPages(
      at: body, byteCount: layout.bodyByteCount, stored: stored[...], extent)
    record.bodyIsWhole = bodyDamages.isEmpty
    damages += bodyDamages
    if record.header.kind == .tombstone, record.bodyIsWhole { try readTombstone(of: &record, &damages) }
    try checkZeroes(from: body + UInt64(layout.bodyByteCount), to: directory, &damages)
    let directoryDamages = try damagedPages(
      at: directory, byteCount: layout.directoryByteCount,
      stored: stored[(layout.bodyPageCount * RecordLayout.checksumByteCount)...], .directory)
    record.directoryIsWhole = directoryDamages.isEmpty
    damages += directoryDamages
    record.traceIDs = try traceIDs(at: directory, count: Int(record.header.counts.traces), directoryDamages)
    try checkZeroes(
      from: directory + UInt64(layout.directoryByteCount), to: position + UInt64(layout.byteCount), &damages)
  }

  private func readTombstone(of record: inout ScannedRecord, _ damages: inout [Damage]) throws(FileError) {
    let layout = RecordLayout(of: record.header, at: record.position)
    let start = record.position + UInt64(layout.bodyPosition)
    // One of another length says nothing, however long.
    let byteCount = min(layout.bodyByteCount, Tombstone.byteCount + 1)
    guard let bytes = try window.bytes(at: start, count: byteCount) else { return }
    do throws(FormatError) {
      let end = RecordSequence(record.header.sequence.rawValue + 1)
      record.tombstone = try Tombstone(decoding: bytes, below: end)
    } catch {
      damages.append(damage(start, UInt64(layout.bodyByteCount), .tombstone, "a tombstone: \(error)"))
    }
  }

  private func damagedPages(
    at start: UInt64, byteCount: Int, stored: ArraySlice<UInt8>, _ extent: Damage.Extent
  ) throws(FileError) -> [Damage] {
    var damages: [Damage] = []
    for page in 0..<RecordLayout.pageCount(of: byteCount) {
      let offset = page * RecordLayout.pageByteCount
      let position = start + UInt64(offset)
      let count = min(RecordLayout.pageByteCount, byteCount - offset)
      let entry = stored.dropFirst(page * RecordLayout.checksumByteCount).prefix(4)
      let expected = entry.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      guard let bytes = try window.bytes(at: position, count: count) else {
        damages.appendMerging(damage(position, UInt64(count), extent, "the file ends"))
        continue
      }
      let computed = CRC32C.checksum(bytes) ^ salt.mask(at: position)
      if computed != expected {
        let reason = FormatError.checksum(computed: computed, stored: expected).description
        damages.appendMerging(damage(position, UInt64(count), extent, reason))
      }
    }
    return damages
  }

  /// Reads the trace table, leaving out ids that touch a damaged page.
  private func traceIDs(at directory: UInt64, count: Int, _ damages: [Damage]) throws(FileError) -> [TraceID?]
  {
    // By page: in a file cut within a large record there are thousands of both.
    let damagedPages = Set(
      damages.flatMap { damage in
        let first = Int(damage.position - directory)
        let last = first + Int(damage.byteCount) - 1
        return first / RecordLayout.pageByteCount...last / RecordLayout.pageByteCount
      })
    var ids: [TraceID?] = []
    ids.reserveCapacity(min(count, Int(window.fileByteCount) / DirectoryCounts.traceByteCount))
    for number in 0..<count {
      let start = number * DirectoryCounts.traceByteCount
      let position = directory + UInt64(start)
      let last = start + DirectoryCounts.traceByteCount - 1
      // All that are cut off are one, so that a count which only claims them takes no memory.
      guard directory + UInt64(last) < window.fileByteCount else { return ids + [nil] }
      let isDamaged =
        damagedPages.contains(start / RecordLayout.pageByteCount)
        || damagedPages.contains(last / RecordLayout.pageByteCount)
      let bytes = isDamaged ? nil : try window.bytes(at: position, count: DirectoryCounts.traceByteCount)
      // SAFETY: the window returned as many bytes as an entry has.
      ids.append(bytes.map { DirectoryTrace(decoding: $0.baseAddress!).traceID })
    }
    return ids
  }

  private func checkZeroes(from start: UInt64, to end: UInt64, _ damages: inout [Damage]) throws(FileError) {
    guard end > start, let bytes = try window.bytes(at: start, count: Int(end - start)) else { return }
    if !bytes.isAllZero { damages.append(damage(start, end - start, .nothing, "padding is not zero")) }
  }

  private func damage(_ position: UInt64, _ byteCount: UInt64, _ extent: Damage.Extent, _ reason: String)
    -> Damage
  {
    Damage(file: segment.name, position: position, byteCount: byteCount, extent: extent, reason: reason)
  }
}
