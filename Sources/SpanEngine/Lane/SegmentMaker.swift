internal import SpanModel
internal import SpanWire
internal import SystemPackage

/// Makes the files of new segments.
struct SegmentMaker: Sendable {
  let directory: Directory
  let storeID: StoreID
  let sequences: SequenceSource
  let abandoned = AbandonedFiles()

  /// An empty active segment, zeroed ahead, with its name and header durable.
  func makeActive(lane: UInt32, options: StoreOptions, tails: [RecoveredTail]) throws(FileError)
    -> ActiveSegment
  {
    let abandonedBefore = abandoned.take()
    do {
      return try makeActive(
        lane: lane, options: options,
        allTails: Array((tails + AbandonedFiles.tails(abandonedBefore)).suffix(SegmentHeader.tailCountMax)))
    } catch {
      for sequence in abandonedBefore { abandoned.add(sequence) }
      throw error
    }
  }

  private func makeActive(lane: UInt32, options: StoreOptions, allTails: [RecoveredTail]) throws(FileError)
    -> ActiveSegment
  {
    let header = try header(
      lane: lane, isMadeToMeasure: false, capacity: UInt64(options.segmentByteCount),
      slotCount: options.indexSlotCount, entryCount: options.indexEntryCount, tails: allTails)
    let name = FileName.active(lane: lane, header.sequence)
    return try removingUnfinished(name, header) { () throws(FileError) in
      let temporaryName = name + FileName.temporarySuffix
      try directory.createZeroed(temporaryName, byteCount: header.capacity)
      let file = try directory.open(temporaryName, .readWrite)
      try file.write(header.encodedPage(), at: 0)
      try file.sync()
      let output = try directory.open(temporaryName, .writeDirect)
      let segment = try publish(
        file, name: name, header: header, readableEnd: UInt64(SegmentHeader.pageByteCount))
      return ActiveSegment(segment: segment, output: output)
    }
  }

  /// A file of its own for frames that fit no other: `write` fills it before it gets its name.
  func makeToMeasure(
    lane: UInt32, byteCount: UInt64, traceCount: Int,
    write: (File, SegmentHeader) throws(FileError) -> Void
  ) throws(FileError) -> Segment {
    let header = try header(
      lane: lane, isMadeToMeasure: true, capacity: byteCount,
      slotCount: TraceIndex.slotCount(forTraces: traceCount), entryCount: max(1, traceCount), tails: [])
    let name = FileName.active(lane: lane, header.sequence)
    return try removingUnfinished(name, header) { () throws(FileError) in
      let file = try directory.open(name + FileName.temporarySuffix, .createNew)
      try file.write(header.encodedPage(), at: 0)
      try write(file, header)
      try file.sync()
      return try publish(file, name: name, header: header, readableEnd: byteCount)
    }
  }

  /// A file that could not be finished is no use to anyone and holds the space that may be wanted: it goes away
  /// under either name, or is remembered as abandoned.
  private func removingUnfinished<Made>(
    _ name: String, _ header: SegmentHeader, _ make: () throws(FileError) -> Made
  ) throws(FileError) -> Made {
    do { return try make() } catch {
      for unfinished in [name + FileName.temporarySuffix, name] {
        do { try directory.unlink(unfinished) } catch let failure {
          // Having the other name is no failure; a file made to measure is whole once it has its name.
          if failure.errno != .noSuchFileOrDirectory, !header.isMadeToMeasure {
            abandoned.add(header.sequence)
          }
        }
      }
      throw error
    }
  }

  private func header(
    lane: UInt32, isMadeToMeasure: Bool, capacity: UInt64, slotCount: Int, entryCount: Int,
    tails: [RecoveredTail]
  ) throws(FileError) -> SegmentHeader {
    let platform = directory.platform
    return SegmentHeader(
      isMadeToMeasure: isMadeToMeasure, lane: lane, storeID: storeID, sequence: try sequences.takeSegment(),
      created: platform.now(), capacity: capacity,
      salt: FileSalt(high: platform.random(), low: platform.random()), indexSlotCount: UInt32(slotCount),
      indexEntryCount: UInt32(entryCount), tails: tails)
  }

  /// The one commit point of a new file: synced, renamed, the directory synced.
  private func publish(_ file: File, name: String, header: SegmentHeader, readableEnd: UInt64)
    throws(FileError) -> Segment
  {
    try directory.rename(name + FileName.temporarySuffix, to: name)
    try directory.sync()
    let index = TraceIndex(
      slotCount: Int(header.indexSlotCount), entryCountMax: Int(header.indexEntryCount))
    return Segment(name: name, header: header, file: file, index: index, readableEnd: readableEnd)
  }
}
