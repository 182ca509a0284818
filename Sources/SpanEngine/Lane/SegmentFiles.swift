internal import SpanModel
internal import SpanWire

/// How files of segments come into being, wherever their room comes from.
struct SegmentFiles: Sendable {
  let directory: Directory
  let storeID: StoreID
  let sequences: SequenceSource

  func header(lane: UInt32, capacity: UInt64) throws(FileError) -> SegmentHeader {
    let platform = directory.platform
    return SegmentHeader(
      lane: lane, storeID: storeID, sequence: try sequences.takeSegment(), created: platform.now(),
      capacity: capacity, salt: FileSalt(high: platform.random(), low: platform.random()),
      indexSlotCount: 2, indexEntryCount: 1)
  }

  /// The one commit point of a new file: synced, renamed, the directory synced.
  ///
  /// - Parameters:
  ///   - sequenceStart: none of its requests has a lower sequence, or ever will.
  ///   - bytesStart: of a file that is used again, see `Segment`.
  func publish(
    _ file: File, _ temporaryName: String, as name: String, header: SegmentHeader, readableEnd: UInt64,
    sequenceStart: RecordSequence, bytesStart: RecordSequence? = nil, summary: IndexHeader.Summary? = nil
  ) throws(FileError) -> Segment {
    try directory.rename(temporaryName, to: name)
    try directory.sync()
    return Segment(
      name: name, header: header, file: file, fileByteCount: header.capacity, readableEnd: readableEnd,
      summary: summary, sequenceStart: sequenceStart, bytesStart: bytesStart)
  }

  /// - Returns: whether none of the names is there any more.
  @discardableResult
  func removeUnfinished(_ names: [String]) -> Bool {
    var isGone = true
    for name in names {
      do { try directory.unlinkIfThere(name) } catch _ { isGone = false }
    }
    return isGone
  }
}

// MARK: Made to measure

/// A file made to measure, full from the start.
struct MeasuredSegment {
  let segment: Segment
  /// A table of its own, empty so far.
  let index: TraceIndex
  /// Where each record's header stands.
  let places: [UInt64]
}

extension SegmentFiles {
  /// A file of its own for one frame with these records: written before it gets its name.
  func makeToMeasure(
    lane: UInt32, _ records: ArraySlice<PreparedRecord>, firstSequence: RecordSequence, _ output: FrameOutput
  ) throws(FileError) -> MeasuredSegment {
    var header = try header(lane: lane, capacity: Self.measuredByteCount(of: records))
    let traceCount = records.reduce(0) { $0 + $1.traceCount }
    header.isMadeToMeasure = true
    header.indexSlotCount = UInt32(TraceIndex.slotCount(forTraces: traceCount))
    header.indexEntryCount = UInt32(max(1, traceCount))
    let name = FileName.active(lane: lane, header.sequence)
    let temporaryName = name + FileName.temporarySuffix
    do {
      let file = try directory.open(temporaryName, .createNew)
      try file.write(header.encodedPage(), at: 0)
      let (summary, places) = try write(records, firstSequence, to: file, header, output)
      let segment = try publish(
        file, temporaryName, as: name, header: header, readableEnd: header.capacity,
        sequenceStart: firstSequence, summary: summary)
      return MeasuredSegment(segment: segment, index: header.emptyIndex(), places: places)
    } catch {
      // Under its name it is whole, and harms nothing.
      removeUnfinished([temporaryName, name])
      throw error
    }
  }

  private func write(
    _ records: ArraySlice<PreparedRecord>, _ firstSequence: RecordSequence, to file: File,
    _ header: SegmentHeader, _ output: FrameOutput
  ) throws(FileError) -> (IndexHeader.Summary, [UInt64]) {
    let time = directory.platform.now()
    var writer = FrameWriter(header, output)
    let places = try writer.write(
      records, to: file, firstSequence: firstSequence, durableUpTo: writer.end, time: time, flags: [])
    // The records must be durable before the closing frame may promise them.
    try file.sync()
    _ = try writer.write(
      [], to: file, firstSequence: sequences.takeRecords(0), durableUpTo: writer.end, time: time,
      flags: .closing)
    try file.sync()
    return (writer.summary, places)
  }

  /// Bytes of a file made to measure: header page, the frame, and the closing one.
  static func measuredByteCount(of records: ArraySlice<PreparedRecord>) -> UInt64 {
    let frame = UInt64(SegmentHeader.pageByteCount)
    let payload = frame + UInt64(FrameHeader.byteCount)
    let end = records.reduce(payload) { $0 + UInt64($1.byteCount(at: $0)) }
    return frame + FrameWriter.byteCount(payload: Int(end - payload)) + FrameWriter.byteCount(payload: 0)
  }
}

extension SegmentHeader {
  /// A table of the size that the header names.
  func emptyIndex() -> TraceIndex {
    TraceIndex(slotCount: Int(indexSlotCount), entryCountMax: Int(indexEntryCount))
  }
}
