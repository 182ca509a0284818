internal import SpanModel
internal import SpanWire

/// Makes a segment that can be read of a file that some process left, and an index for it.
struct SegmentRecovery {
  private struct IndexedPlace {
    let place: TraceIndex.Place
    let hash: UInt64
  }

  /// What reading the file showed, as its index file will say.
  private(set) var summary = IndexHeader.Summary()
  private(set) var damages: [Damage] = []
  private(set) var tornAt: UInt64?
  private(set) var fileByteCount: UInt64 = 0
  /// Whether nothing was ever written behind the end in this life of the file.
  private(set) var restIsUnused = false
  private var places: [IndexedPlace] = []
  private let hash: TraceIDHash
  private let hashKey: HashKey

  init(hashKey: HashKey) {
    self.hashKey = hashKey
    hash = TraceIDHash(key: hashKey)
  }

  /// Walks the whole file.
  ///
  /// - Parameters:
  ///   - end: where frames end that nobody is writing now.
  ///   - onRecord: called for each record that was kept.
  mutating func run(
    _ scan: FrameScan, _ evidence: DurableEvidence, upTo end: UInt64 = .max,
    onRecord: (ScannedRecord) throws(FileError) -> Void
  ) throws(FileError) {
    var walk = SegmentWalk(scan, evidence)
    while walk.end < end, let frame = try walk.next() {
      summary.nextSequence = max(summary.nextSequence, frame.header.firstSequence)
      for record in frame.records {
        try take(record, of: frame, scan)
        try onRecord(record)
      }
    }
    damages = walk.damages + scan.unreadable
    summary.end = walk.end
    summary.frameCount = walk.frameCount
    summary.lastChecksum = walk.lastChecksum
    summary.isClosed = walk.isClosed
    tornAt = walk.tornAt
    fileByteCount = scan.window.fileByteCount
    if scan.segment.header.isRecycled {
      // Once a later file remembers the end, nobody looks behind it any more.
      restIsUnused = tornAt == nil && evidence.tail == nil
    } else {
      restIsUnused = try scan.window.isZero(from: summary.end)
    }
  }

  /// Whether nothing was ever stored in the file, as far as can be told.
  var isEmpty: Bool { summary.frameCount == 0 && damages.isEmpty }

  private mutating func take(_ record: ScannedRecord, of frame: ScannedFrame, _ scan: FrameScan)
    throws(FileError)
  {
    summary.nextSequence = max(
      summary.nextSequence, RecordSequence(record.header.sequence.rawValue &+ 1))
    if let tombstone = record.tombstone { summary.tombstones.append(tombstone) }
    guard record.header.kind == .request else { return }
    if summary.requestCount == 0 { summary.firstSequence = frame.header.firstSequence }
    summary.requestCount += 1
    summary.spanCount += UInt64(record.header.counts.spans)
    summary.rejectedSpanCount += UInt64(record.header.rejectedSpanCount)
    summary.lastArrival = max(summary.lastArrival, record.header.arrival)
    var traceIDs = record.traceIDs
    if traceIDs.contains(nil), record.bodyIsWhole { traceIDs = try rebuiltTraceIDs(of: record, scan) }
    for (number, traceID) in traceIDs.enumerated() {
      guard let traceID else { continue }
      let place = TraceIndex.Place(record: record.position, trace: UInt32(number))
      places.append(IndexedPlace(place: place, hash: hash.hash(of: traceID)))
    }
  }

  /// The trace ids of a record whose directory is damaged, as its whole body tells them: so that a read of
  /// one meets the damage and says so, and does not take the trace for unknown.
  private func rebuiltTraceIDs(of record: ScannedRecord, _ scan: FrameScan) throws(FileError) -> [TraceID?] {
    let body = try scan.body(of: record)
    return RebuiltDirectory(of: body, hashKey: hashKey)?.traceIDs ?? []
  }

  /// An index made to measure.
  func index() -> TraceIndex {
    let index = TraceIndex(
      slotCount: TraceIndex.slotCount(forTraces: places.count), entryCountMax: places.count)
    for indexed in places { index.insert(indexed.place, hash: indexed.hash) }
    return index
  }

  func segment(of file: SegmentFile, fileByteCount: UInt64) -> Segment {
    Segment(
      name: file.name, header: file.header, file: file.file, fileByteCount: fileByteCount,
      readableEnd: summary.end, summary: summary, damages: damages)
  }
}
