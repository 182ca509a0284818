internal import SpanModel
internal import SpanWire
internal import SystemPackage

/// Makes the files of new segments.
struct SegmentMaker: Sendable {
  let directory: Directory
  let options: StoreOptions
  let storeID: StoreID
  let sequences: SequenceSource
  let retention: Retention
  let abandoned = AbandonedFiles()

  /// An empty active segment with its name and header durable: a retired file used again when there is one,
  /// else a new one, zeroed ahead.
  func makeActive(lane: UInt32, tails: [RecoveredTail]) throws(FileError) -> ActiveSegment {
    let allTails = (tails + abandoned.tails(removing: removeUnfinished)).suffix(SegmentHeader.tailCountMax)
    return try takingRoom(for: UInt64(options.segmentByteCount), recycling: true) {
      (recycledName) throws(FileError) in
      try makeActive(lane: lane, tails: Array(allTails), from: recycledName)
    }
  }

  /// Makes a file that has its bytes promised, until whoever adds it to the list releases them.
  ///
  /// - Parameter make: gets the name of a retired file, or `nil` when there is room for a new one.
  private func takingRoom<Made>(
    for byteCount: UInt64, recycling: Bool, _ make: (String?) throws(FileError) -> Made
  ) throws(FileError) -> Made {
    let recycledName = try retention.makeRoom(for: byteCount, recycling: recycling)
    do {
      if recycledName == nil {
        try directory.requireSpace(byteCount, reserve: options.reserveByteCount)
      }
      return try make(recycledName)
    } catch {
      retention.release(byteCount)
      throw error
    }
  }

  private func makeActive(lane: UInt32, tails: [RecoveredTail], from recycledName: String?)
    throws(FileError) -> ActiveSegment
  {
    var header: SegmentHeader
    do { header = try self.header(lane: lane, capacity: UInt64(options.segmentByteCount)) } catch {
      if let recycledName { removeUnfinished([recycledName]) }
      throw error
    }
    header.isRecycled = recycledName != nil
    header.indexSlotCount = UInt32(options.indexSlotCount)
    header.indexEntryCount = UInt32(options.indexEntryCount)
    header.tails = tails
    let name = FileName.active(lane: lane, header.sequence)
    let temporaryName = recycledName ?? name + FileName.temporarySuffix
    do {
      if recycledName == nil { try directory.createZeroed(temporaryName, byteCount: header.capacity) }
      let file = try directory.open(temporaryName, .readWrite)
      try file.write(header.encodedPage(), at: 0)
      try file.sync()
      let output = try directory.open(temporaryName, .writeDirect)
      let segment = try publish(
        file, temporaryName, as: name, header: header, readableEnd: UInt64(SegmentHeader.pageByteCount))
      return ActiveSegment(segment: segment, output: output, index: header.emptyIndex())
    } catch {
      // It holds the space that may be wanted, and under its name it would be taken for a file that lost its
      // frames.
      if !removeUnfinished([temporaryName, name]) {
        abandoned.add(AbandonedFiles.Abandoned(names: [temporaryName, name], sequence: header.sequence))
      }
      throw error
    }
  }

  /// A file of its own for frames that fit no other: `write` fills it before it gets its name.
  func makeToMeasure(
    lane: UInt32, byteCount: UInt64, traceCount: Int,
    write: (File, SegmentHeader) throws(FileError) -> IndexHeader.Summary
  ) throws(FileError) -> (Segment, TraceIndex) {
    try takingRoom(for: byteCount, recycling: false) { (_) throws(FileError) in
      var header = try header(lane: lane, capacity: byteCount)
      header.isMadeToMeasure = true
      header.indexSlotCount = UInt32(TraceIndex.slotCount(forTraces: traceCount))
      header.indexEntryCount = UInt32(max(1, traceCount))
      return (try filled(header, write), header.emptyIndex())
    }
  }

  private func filled(
    _ header: SegmentHeader, _ write: (File, SegmentHeader) throws(FileError) -> IndexHeader.Summary
  ) throws(FileError) -> Segment {
    let name = FileName.active(lane: header.lane, header.sequence)
    let temporaryName = name + FileName.temporarySuffix
    do {
      let file = try directory.open(temporaryName, .createNew)
      try file.write(header.encodedPage(), at: 0)
      let summary = try write(file, header)
      try file.sync()
      return try publish(
        file, temporaryName, as: name, header: header, readableEnd: header.capacity, summary: summary)
    } catch {
      // Under its name it is whole, and harms nothing.
      removeUnfinished([temporaryName, name])
      throw error
    }
  }

  /// - Returns: whether none of the names is there any more.
  @discardableResult
  private func removeUnfinished(_ names: [String]) -> Bool {
    var isGone = true
    for name in names {
      do { try directory.unlinkIfThere(name) } catch _ { isGone = false }
    }
    return isGone
  }

  private func header(lane: UInt32, capacity: UInt64) throws(FileError) -> SegmentHeader {
    let platform = directory.platform
    return SegmentHeader(
      lane: lane, storeID: storeID, sequence: try sequences.takeSegment(), created: platform.now(),
      capacity: capacity, salt: FileSalt(high: platform.random(), low: platform.random()),
      indexSlotCount: 2, indexEntryCount: 1)
  }

  /// The one commit point of a new file: synced, renamed, the directory synced.
  private func publish(
    _ file: File, _ temporaryName: String, as name: String, header: SegmentHeader, readableEnd: UInt64,
    summary: IndexHeader.Summary? = nil
  ) throws(FileError) -> Segment {
    try directory.rename(temporaryName, to: name)
    try directory.sync()
    return Segment(
      name: name, header: header, file: file, fileByteCount: header.capacity, readableEnd: readableEnd,
      summary: summary)
  }
}

extension SegmentHeader {
  /// A table of the size that the header names.
  fileprivate func emptyIndex() -> TraceIndex {
    TraceIndex(slotCount: Int(indexSlotCount), entryCountMax: Int(indexEntryCount))
  }
}
