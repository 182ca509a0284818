internal import SpanModel
internal import SpanWire
internal import SystemPackage

/// Makes the files of new segments.
struct SegmentMaker: Sendable {
  let files: SegmentFiles
  let options: StoreOptions
  let retention: Retention
  let abandoned = AbandonedFiles()

  private var directory: Directory { files.directory }

  /// An empty active segment with its name and header durable: a retired file used again when there is one,
  /// else a new one, zeroed ahead.
  func makeActive(lane: UInt32, tails: [RecoveredTail]) throws(FileError) -> ActiveSegment {
    let allTails = (tails + abandoned.tails(removing: files.removeUnfinished)).suffix(
      SegmentHeader.tailCountMax)
    let byteCount = UInt64(options.segmentByteCount)
    return try takingRoom(for: byteCount, recycling: true, reserveByteCount: options.reserveByteCount) {
      (recycled) throws(FileError) in
      try makeActive(lane: lane, tails: Array(allTails), from: recycled)
    }
  }

  /// Makes a file that has its bytes promised, until whoever adds it to the list releases them.
  ///
  /// - Parameter make: gets a retired file, or `nil` when there is room for a new one.
  private func takingRoom<Made>(
    for byteCount: UInt64, recycling: Bool, reserveByteCount: UInt64,
    _ make: (RetiredFile?) throws(FileError) -> Made
  ) throws(FileError) -> Made {
    let recycled = try retention.makeRoom(for: byteCount, recycling: recycling)
    do {
      if recycled == nil {
        try directory.requireSpace(byteCount, reserve: reserveByteCount)
      }
      return try make(recycled)
    } catch {
      retention.release(byteCount)
      throw error
    }
  }

  private func makeActive(lane: UInt32, tails: [RecoveredTail], from recycled: RetiredFile?)
    throws(FileError) -> ActiveSegment
  {
    var header: SegmentHeader
    do { header = try files.header(lane: lane, capacity: UInt64(options.segmentByteCount)) } catch {
      if let recycled { files.removeUnfinished([recycled.temporaryName]) }
      throw error
    }
    header.isRecycled = recycled != nil
    header.indexSlotCount = UInt32(options.indexSlotCount)
    header.indexEntryCount = UInt32(options.indexEntryCount)
    header.tails = tails
    let name = FileName.active(lane: lane, header.sequence)
    let temporaryName = recycled?.temporaryName ?? name + FileName.temporarySuffix
    do {
      if recycled == nil { try directory.createZeroed(temporaryName, byteCount: header.capacity) }
      let file = try directory.open(temporaryName, .readWrite)
      try file.write(header.encodedPage(), at: 0)
      try file.sync()
      let output = try directory.open(temporaryName, .writeDirect)
      // Its records get their sequences once it is there.
      let sequenceStart = files.sequences.nextRecord
      let segment = try files.publish(
        file, temporaryName, as: name, header: header, readableEnd: UInt64(SegmentHeader.pageByteCount),
        sequenceStart: sequenceStart, bytesStart: recycled?.bytesStart)
      return ActiveSegment(segment: segment, output: output, index: header.emptyIndex())
    } catch {
      // It holds the space that may be wanted, and under its name it would be taken for a file that lost its
      // frames.
      if !files.removeUnfinished([temporaryName, name]) {
        abandoned.add(AbandonedFiles.Abandoned(names: [temporaryName, name], sequence: header.sequence))
      }
      throw error
    }
  }

  /// A file of its own for records that have room in no other.
  ///
  /// - Parameter reserveByteCount: left free on the disk.
  func makeToMeasure(
    lane: UInt32, _ records: ArraySlice<PreparedRecord>, firstSequence: RecordSequence, _ output: FrameOutput,
    reserveByteCount: UInt64
  ) throws(FileError) -> MeasuredSegment {
    let byteCount = SegmentFiles.measuredByteCount(of: records)
    return try takingRoom(for: byteCount, recycling: false, reserveByteCount: reserveByteCount) {
      (_) throws(FileError) in
      try files.makeToMeasure(lane: lane, records, firstSequence: firstSequence, output)
    }
  }
}
