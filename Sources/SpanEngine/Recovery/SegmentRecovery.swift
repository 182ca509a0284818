internal import SpanModel
internal import SpanWire

/// Makes a segment that can be read of a file that some process left, and an index for it.
struct SegmentRecovery {
  private struct IndexedPlace {
    let place: TraceIndex.Place
    let hash: UInt64
  }

  private(set) var requestCount: UInt64 = 0
  private(set) var spanCount: UInt64 = 0
  private(set) var rejectedSpanCount: UInt64 = 0
  /// Above every sequence met.
  private(set) var nextSequence = RecordSequence(0)
  private(set) var damages: [Damage] = []
  private(set) var end: UInt64 = 0
  private(set) var frameCount: UInt64 = 0
  private(set) var lastChecksum: UInt32 = 0
  private(set) var isClosed = false
  private(set) var tornAt: UInt64?
  private(set) var fileByteCount: UInt64 = 0
  /// Whether nothing but zeroes stands behind the end.
  private(set) var restIsZero = false
  private var places: [IndexedPlace] = []
  private let hash: TraceIDHash
  private let hashKey: FileSalt

  init(hashKey: FileSalt) {
    self.hashKey = hashKey
    hash = TraceIDHash(key: (hashKey.high, hashKey.low))
  }

  /// Walks the whole file.
  ///
  /// - Parameter onRecord: called for each record that was kept.
  mutating func run(
    _ scan: FrameScan, _ evidence: DurableEvidence, onRecord: (ScannedRecord) throws(FileError) -> Void
  ) throws(FileError) {
    var walk = SegmentWalk(scan, evidence)
    while let frame = try walk.next() {
      nextSequence = max(nextSequence, frame.header.firstSequence)
      for record in frame.records {
        try take(record, scan)
        try onRecord(record)
      }
    }
    damages = walk.damages + scan.unreadable
    end = walk.end
    frameCount = walk.frameCount
    lastChecksum = walk.lastChecksum
    isClosed = walk.isClosed
    tornAt = walk.tornAt
    fileByteCount = scan.window.fileByteCount
    restIsZero = try scan.window.isZero(from: end)
  }

  /// Whether nothing was ever stored in the file.
  var isEmpty: Bool { frameCount == 0 && damages.allSatisfy { $0.extent == .nothing } }

  private mutating func take(_ record: ScannedRecord, _ scan: FrameScan) throws(FileError) {
    nextSequence = max(nextSequence, RecordSequence(record.header.sequence.rawValue &+ 1))
    guard record.header.kind == .request else { return }
    requestCount += 1
    spanCount += UInt64(record.header.counts.spans)
    rejectedSpanCount += UInt64(record.header.rejectedSpanCount)
    var traceIDs = record.traceIDs
    if traceIDs.contains(nil), record.bodyIsWhole { traceIDs = try rebuiltTraceIDs(of: record, scan) }
    for (number, traceID) in traceIDs.enumerated() {
      guard let traceID else { continue }
      let place = TraceIndex.Place(record: record.position, trace: UInt32(number))
      places.append(IndexedPlace(place: place, hash: hash.hash(of: traceID)))
    }
  }

  /// The trace ids of a record whose directory is damaged, as its whole body tells them: so that a read of one
  /// meets the damage and says so, and does not take the trace for unknown.
  private func rebuiltTraceIDs(of record: ScannedRecord, _ scan: FrameScan) throws(FileError) -> [TraceID?] {
    let position = record.position + UInt64(RecordLayout(of: record.header).bodyPosition)
    var body: [UInt8] = []
    while body.count < Int(record.header.bodyByteCount) {
      let count = min(FileWindow.byteCountMax, Int(record.header.bodyByteCount) - body.count)
      guard let bytes = try scan.window.bytes(at: position + UInt64(body.count), count: count) else {
        return []
      }
      body.append(contentsOf: bytes)
    }
    var batch = SpanBatch()
    var outcome: Result<Void, WireError> = .success(())
    body.withUnsafeBytes { bytes in
      do throws(WireError) { try batch.scan(bytes) } catch { outcome = .failure(error) }
    }
    guard case .success = outcome else { return [] }
    var builder = DirectoryBuilder(hashKey: hashKey)
    let counts = builder.group(batch)
    return (0..<Int(counts.traces)).map { builder.traceID(at: $0) }
  }

  /// The segment and its index, made to measure.
  consuming func segment(of file: SegmentFile) -> Segment {
    let index = TraceIndex(
      slotCount: TraceIndex.slotCount(forTraces: places.count), entryCountMax: places.count)
    for indexed in places { index.insert(indexed.place, hash: indexed.hash) }
    let segment = Segment(
      name: file.name, header: file.header, file: file.file, index: index, readableEnd: end)
    segment.damages = damages
    segment.markFull()
    return segment
  }
}
