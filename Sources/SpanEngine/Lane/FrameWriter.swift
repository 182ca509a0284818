internal import SpanModel
internal import SpanWire

/// Puts the frames of one file one behind the other: where the next stands, its number, and the checksum of
/// the one before; and sums up what is in them.
struct FrameWriter {
  let header: SegmentHeader
  /// Where the next frame will stand, how many there are, and what is in them.
  private(set) var summary = IndexHeader.Summary()
  private let output: FrameOutput

  init(_ header: SegmentHeader, _ output: FrameOutput) {
    self.header = header
    self.output = output
    summary.end = UInt64(SegmentHeader.pageByteCount)
  }

  var end: UInt64 { summary.end }
  var frameCount: UInt64 { summary.frameCount }

  /// Writes one frame with these records behind the last, unsynced.
  ///
  /// - Returns: where each record's header stands.
  mutating func write(
    _ records: ArraySlice<PreparedRecord>, to file: File, firstSequence: RecordSequence,
    durableUpTo: UInt64, time: Timestamp, flags: FrameHeader.Flags
  ) throws(FileError) -> [UInt64] {
    var places: [UInt64] = []
    places.reserveCapacity(records.count)
    var recordsChecksum: UInt32 = 0
    var next = end + UInt64(FrameHeader.byteCount)
    var sequence = firstSequence
    for record in records {
      let placed = record.place(at: next, inFrameAt: end, sequence: sequence, salt: header.salt)
      var checksum = placed.checksum.littleEndian
      recordsChecksum = withUnsafeBytes(of: &checksum) { CRC32C.checksum($0, continuing: recordsChecksum) }
      places.append(next)
      next += UInt64(placed.byteCount)
      sequence = RecordSequence(sequence.rawValue + 1)
    }
    var frame = FrameHeader(
      flags: flags, segment: header.sequence, number: frameCount + 1,
      payloadByteCount: next - end - UInt64(FrameHeader.byteCount), durableUpTo: durableUpTo, time: time,
      firstSequence: firstSequence, recordCount: UInt32(records.count),
      previousChecksum: summary.lastChecksum, recordsChecksum: recordsChecksum)
    output.begin(file, at: end)
    frame.encode(to: try output.take(FrameHeader.byteCount), salt: header.salt, position: end)
    for record in records { try record.write(to: output) }
    try output.finish()
    add(frame, records, nextSequence: sequence)
    return places
  }

  private mutating func add(
    _ frame: FrameHeader, _ records: ArraySlice<PreparedRecord>, nextSequence: RecordSequence
  ) {
    summary.end += frame.alignedByteCount
    summary.frameCount += 1
    summary.lastChecksum = frame.checksum
    summary.isClosed = frame.flags.contains(.closing)
    summary.nextSequence = nextSequence
    for record in records {
      switch record {
      case .append(let append):
        if summary.requestCount == 0 { summary.firstSequence = frame.firstSequence }
        summary.requestCount += 1
        summary.spanCount += UInt64(append.acceptedSpanCount)
        summary.rejectedSpanCount += UInt64(append.rejectedSpanCount)
        summary.lastArrival = max(summary.lastArrival, append.arrival)
      case .deletion(let tombstone):
        if let tombstone = tombstone.tombstone { summary.tombstones.append(tombstone) }
      }
    }
  }

  /// Bytes of a frame with records of `payloadByteCount` together.
  static func byteCount(payload payloadByteCount: Int) -> UInt64 {
    FrameHeader.alignedByteCount(payload: UInt64(payloadByteCount))
  }
}
