internal import SpanModel
internal import SpanWire
internal import Synchronization

/// One writer: it puts requests into frames of its active segment, syncs them, and publishes them to readers.
///
/// Bound to no thread: whoever owns it steps it, the committer's thread in a server, the test in a test. Only
/// `prepareSpare` and `wantRoll` may run beside the rest. After any error but want of space it must not be
/// stepped again: what the file holds is then unknown.
final class Lane {
  /// How long after want of space the next file is tried again.
  static let spaceRetryDelay: UInt64 = 1_000_000_000

  /// Slots of the index that are asked for ahead: as many lines as a core waits for at a time.
  private static let prefetchDistance = 12

  let number: UInt32
  let context: LaneContext
  private let ledger: Ledger
  private let output = FrameOutput()
  /// `nil` until there was room for a first file.
  private var active: ActiveFile?
  /// Files of this store that ended without a closing frame, until a file of this lane remembers them.
  private var tails: [RecoveredTail]
  /// The file to roll to, when one was prepared.
  private let spare = SpareSegment()
  /// When the last file could not be made for want of space, and why.
  private var wantOfSpace: (time: Timestamp, error: FileError)?
  private let rollWanted = Atomic<Bool>(false)
  /// What was written and is not yet published.
  private var written: Written?

  private enum Written {
    case frame(ArraySlice<PreparedRecord>, places: [UInt64])
    /// A file made to measure for a request, or for tombstones on a full disk.
    case file(Segment, TraceIndex, ArraySlice<PreparedRecord>, places: [UInt64])

    var records: ArraySlice<PreparedRecord> {
      switch self {
      case .frame(let records, _), .file(_, _, let records, _): records
      }
    }
  }

  /// The file frames are appended to.
  private final class ActiveFile {
    let segment: Segment
    let index: TraceIndex
    let output: File
    var writer: FrameWriter
    /// Everything below was synced.
    var syncedEnd: UInt64
    /// Whether the last frame has no later one that promises it.
    var needsWitness = false
    /// When its first record was written.
    var firstRecordTime: Timestamp?
    /// Of its records: each gets a sealed segment.
    var owners = SegmentOwners()

    init(_ active: ActiveSegment, _ frames: FrameOutput) {
      segment = active.segment
      index = active.index
      output = active.output
      writer = FrameWriter(active.segment.header, frames)
      syncedEnd = writer.end
    }
  }

  /// Opens the lane, and its first file if there is room for one: a store on a full disk can still be read.
  ///
  /// - Parameter tails: files of this store that ended without a closing frame; the first file of the lane
  ///   remembers them.
  init(_ number: UInt32, _ context: LaneContext, _ ledger: Ledger, tails: [RecoveredTail]) throws(FileError) {
    self.number = number
    self.context = context
    self.ledger = ledger
    self.tails = tails
    do throws(LaneError) { _ = try activeFile() } catch {
      switch error {
      case .wantOfSpace(let cause), .wantOfSpaceForOne(let cause): context.report(.outOfSpace(cause))
      case .failed(let cause): throw cause
      case .overtaken: preconditionFailure("nothing was to be written")
      }
    }
  }

  /// Whether there is a file to append to.
  var isOpen: Bool { active != nil }

  /// Whether the last frame has no later one that promises it.
  var needsWitness: Bool { active?.needsWitness ?? false }

  /// Whether something was written and not synced.
  var hasUnsynced: Bool { active.map { $0.syncedEnd < $0.writer.end } ?? false }

  var spareIsPrepared: Bool { spare.isFilled { !context.retention.mayHoldDeleted($0.segment) } }

  /// Makes the file to roll to, unless there is one. May run on another thread than the rest.
  ///
  /// One in which deleted spans of an earlier life may stand is thrown away.
  func prepareSpare() throws(FileError) {
    try context.retention.discardSpares(holdingDeleted: true)
    try spare.fill(
      if: { !context.retention.mayHoldDeleted($0.segment) },
      else: { (unused) throws(FileError) in
        try discard(unused.segment)
        context.retention.release(unused.segment.fileByteCount)
      },
      with: { () throws(FileError) in try context.maker.makeActive(lane: number, tails: []) })
  }

  func checkInvariants() {
    guard let active else { return }
    let end = active.writer.end
    precondition(active.syncedEnd <= end && active.segment.readableEnd <= end)
    precondition(end <= active.segment.header.capacity, "a frame stands behind the end of its file")
    active.index.checkInvariants()
  }
}

// MARK: Commits

extension Lane {
  /// Writes, syncs and publishes one frame with as many of the first of `pending` as fit.
  ///
  /// - Returns: how many; at least one. The rest waits for the next call.
  func commit(_ pending: ArraySlice<PreparedRecord>) throws(LaneError) -> Int {
    let count = try write(pending)
    do { try syncIfPromised() } catch { throw .failed(error) }
    publish()
    return count
  }

  /// The first step of a commit: the frame is written, and nobody sees it.
  ///
  /// - Returns: how many records are in it; at least one.
  func write(_ pending: ArraySlice<PreparedRecord>) throws(LaneError) -> Int {
    precondition(written == nil, "the last frame was not published")
    do throws(LaneError) {
      let records = try write(pending, to: try fileWithRoom(for: pending))
      return records.count
    } catch {
      // What is deleted must go when nothing can come any more.
      guard case .wantOfSpace = error, pending.first?.isDeletion == true else { throw error }
    }
    let deletions = pending.prefix { $0.isDeletion }
    written = try writeToMeasure(deletions)
    return deletions.count
  }

  private func write(_ pending: ArraySlice<PreparedRecord>, to file: ActiveFile) throws(LaneError)
    -> ArraySlice<PreparedRecord>
  {
    let count = fittingCount(pending, file)
    if count == 0 {
      written = try writeToMeasure(pending.prefix(1))
      return pending.prefix(1)
    }
    let records = pending.prefix(count)
    let firstSequence = try takeSequences(for: records)
    do {
      written = .frame(records, places: try writeFrame(records, to: file, firstSequence: firstSequence))
    } catch {
      throw .failed(error)
    }
    for record in records { _ = file.owners.add(record.owner) }
    file.needsWitness = true
    if file.firstRecordTime == nil { file.firstRecordTime = context.directory.platform.now() }
    return records
  }

  /// The file to append the first of `pending` to: the next one, when the active one has no room for it and
  /// an empty one has.
  private func fileWithRoom(for pending: ArraySlice<PreparedRecord>) throws(LaneError) -> ActiveFile {
    guard let first = pending.first else { preconditionFailure("nothing to commit") }
    let file = try activeFile()
    if fittingCount(pending.prefix(1), file) > 0 || !first.fitsEmptySegment(context.options) { return file }
    return try roll(from: file)
  }

  /// Takes a sequence for each record: the order of all records of the store, whatever lanes they are in.
  ///
  /// So spans that were acked before a deletion was asked for have lower sequences than its tombstone, and
  /// those that are sent after its answer have higher ones.
  ///
  /// - Throws: `.overtaken`; see `TraceHolds`.
  private func takeSequences(for records: ArraySlice<PreparedRecord>) throws(LaneError) -> RecordSequence {
    for case .deletion(let tombstone) in records {
      context.tombstones.holds.begin(tombstone.trace, until: tombstone.heldUntil)
    }
    let first = context.sequences.takeRecords(records.count)
    let overtaken = records.indices.filter { isOvertaken(records[$0]) }
    if !overtaken.isEmpty { throw .overtaken(overtaken.map { $0 - records.startIndex }) }
    return first
  }

  private func isOvertaken(_ record: PreparedRecord) -> Bool {
    let holds = context.tombstones.holds
    guard case .append(let append) = record, append.holdVersion != holds.version else { return false }
    let traceIDs = (0..<Int(append.counts.traces)).lazy.map { append.traceID(at: $0) }
    return holds.holdsAny(
      traceIDs, tenant: append.owner.tenant, now: context.directory.platform.now())
  }

  /// The second step: what was written is on stable storage, in the mode that promises that; deletions are in
  /// every mode.
  func syncIfPromised() throws(FileError) {
    let hasDeletion = written?.records.contains { $0.isDeletion } ?? false
    if context.options.durability == .sync || hasDeletion { try syncWritten() }
  }

  /// The last step: what was written is shown to readers, and can be acked.
  func publish() {
    switch written {
    case nil: return
    case .frame(let records, let places):
      guard let active else { preconditionFailure("a frame was written to no file") }
      active.segment.publish(readableEnd: active.writer.end)
      publish(records, at: places, in: active.index)
    case .file(let segment, let index, let records, let places):
      publish(records, at: places, in: index)
      context.segments.add(IndexedSegment(segment: segment, index: .memory(index)))
      context.retention.release(segment.header.capacity)
      context.rolling?.runSoon()
    }
    written = nil
  }

  private func publish(_ records: ArraySlice<PreparedRecord>, at places: [UInt64], in index: TraceIndex) {
    for (record, place) in zip(records, places) {
      switch record {
      case .append(let append): insert(append, at: place, into: index)
      case .deletion(let prepared):
        guard let tombstone = prepared.tombstone else { preconditionFailure("a tombstone was not written") }
        prepared.hid(from: context.tombstones.add(tombstone, hash: prepared.hash))
        context.counters.deletions.add(1, ordering: .relaxed)
        // What it hides is to go from the disk, too.
        context.compacting?.runSoon()
      }
    }
  }

  private func insert(_ append: PreparedAppend, at place: UInt64, into index: TraceIndex) {
    let count = Int(append.counts.traces)
    for number in 0..<min(count, Self.prefetchDistance) {
      index.prefetch(hash: context.hash.hash(of: append.traceID(at: number)))
    }
    for number in 0..<count {
      let ahead = number + Self.prefetchDistance
      if ahead < count { index.prefetch(hash: context.hash.hash(of: append.traceID(at: ahead))) }
      index.insert(
        TraceIndex.Place(record: place, trace: UInt32(number)),
        hash: context.hash.hash(of: append.traceID(at: number)))
    }
    context.counters.count(append)
  }

  /// Syncs what was written without a sync, in the modes that do so.
  func syncWritten() throws(FileError) {
    if let active, hasUnsynced { try sync(active) }
  }

  /// Promises the last frame by an empty one behind it; nothing when that was done.
  func writeWitness() throws(FileError) {
    guard let active, active.needsWitness else { return }
    try syncWritten()
    _ = try writeEmptyFrame(to: active)
    try sync(active)
    active.needsWitness = false
    active.segment.publish(readableEnd: active.writer.end)
  }

  /// How many of the first of `pending` fit the next frame.
  private func fittingCount(_ pending: ArraySlice<PreparedRecord>, _ file: ActiveFile) -> Int {
    // The last page of a file is kept for the closing frame, the one before for a witness.
    let room = file.segment.header.capacity - 2 * FrameHeader.alignment
    let reserve = context.options.tombstoneReserveByteCount
    var byteCount = 0
    var traceCount = 0
    var count = 0
    var owners = file.owners
    for record in pending {
      byteCount += record.byteCountMax
      traceCount += record.traceCount
      if count > 0, byteCount > context.options.frameByteCountMax { break }
      let end = file.writer.end + FrameWriter.byteCount(payload: byteCount)
      if end > room - (record.isDeletion ? 0 : reserve) { break }
      if !file.index.hasRoom(for: traceCount) || !owners.add(record.owner) { break }
      count += 1
    }
    return count
  }

  private func writeFrame(
    _ records: ArraySlice<PreparedRecord>, to file: ActiveFile, firstSequence: RecordSequence,
    flags: FrameHeader.Flags = []
  ) throws(FileError) -> [UInt64] {
    context.counters.commits.add(1, ordering: .relaxed)
    return try file.writer.write(
      records, to: file.output, firstSequence: firstSequence,
      durableUpTo: file.syncedEnd, time: context.directory.platform.now(), flags: flags)
  }

  private func writeEmptyFrame(to file: ActiveFile, flags: FrameHeader.Flags = []) throws(FileError) {
    _ = try writeFrame([], to: file, firstSequence: context.sequences.takeRecords(0), flags: flags)
  }

  private func sync(_ file: ActiveFile) throws(FileError) {
    try file.output.sync()
    context.counters.syncs.add(1, ordering: .relaxed)
    file.syncedEnd = file.writer.end
    try ledger.note(
      LedgerSlot(
        segment: file.segment.sequence, durableUpTo: file.syncedEnd, frameNumber: file.writer.frameCount))
  }
}

// MARK: Files

extension Lane {
  /// The file to append to; the first one is made when there was no room before.
  private func activeFile() throws(LaneError) -> ActiveFile {
    if let active { return active }
    let first = try nextSegment(tails: tails)
    tails = []
    do { try context.leftovers.laneOpened() } catch { throw .failed(error) }
    return goOn(in: first)
  }

  /// Goes on in a new file; the one before is full and stays readable.
  private func roll(from file: ActiveFile) throws(LaneError) -> ActiveFile {
    // The new file first: want of space must leave the lane as it is.
    let next = try nextSegment(tails: [])
    do { return try roll(from: file, to: next) } catch { throw .failed(error) }
  }

  private func roll(from file: ActiveFile, to next: ActiveSegment) throws(FileError) -> ActiveFile {
    try closeFile(file)
    context.report(.rolled(next.segment.sequence))
    context.rolling?.runSoon()
    return goOn(in: next)
  }

  /// When the active segment is to become full though it has room: `nil` while it has no record, or when its
  /// age is of no matter.
  var rollDue: Timestamp? {
    guard let age = context.options.rollAge, let time = active?.firstRecordTime else { return nil }
    return time.later(by: age)
  }

  /// Rolls when the first record of the active segment is as old as it may be.
  ///
  /// Only to a file that was made ahead, and while what the full one leaves has room: nobody waits for this
  /// but those whose requests come meanwhile.
  ///
  /// - Returns: whether it did.
  func rollIfDue() throws(FileError) -> Bool {
    if isRollWanted {
      // Done, too, when there is nothing in it.
      if active?.firstRecordTime != nil, try !rollAhead() { return false }
      rollWanted.store(false, ordering: .releasing)
      return true
    }
    guard let rollDue, context.directory.platform.now() >= rollDue else { return false }
    return try rollAhead()
  }

  /// Has `rollIfDue` roll whatever the segment's age. May run on another thread than the rest.
  func wantRoll() { rollWanted.store(true, ordering: .releasing) }

  var isRollWanted: Bool { rollWanted.load(ordering: .acquiring) }

  private func rollAhead() throws(FileError) -> Bool {
    guard let active, active.firstRecordTime != nil, spareIsPrepared, context.indexes.hasRoom,
      context.rolling?.hasRoom ?? true, let next = spare.take()
    else { return false }
    _ = try roll(from: active, to: next)
    return true
  }

  private func goOn(in next: ActiveSegment) -> ActiveFile {
    let file = ActiveFile(next, output)
    active = file
    context.segments.add(IndexedSegment(segment: next.segment, index: .memory(next.index)))
    context.retention.release(next.segment.fileByteCount)
    return file
  }

  private func nextSegment(tails: [RecoveredTail]) throws(LaneError) -> ActiveSegment {
    let now = context.directory.platform.now()
    if let wantOfSpace, now >= wantOfSpace.time,
      now.nanoseconds < wantOfSpace.time.nanoseconds + Self.spaceRetryDelay
    {
      // Trying for every request would fill the disk up and empty it again without an end.
      throw .wantOfSpace(wantOfSpace.error)
    }
    do throws(FileError) {
      try context.rolling?.waitForRoom()
      try context.indexes.requireRoom()
      let made = try spare.takeOrMake { () throws(FileError) in
        try context.maker.makeActive(lane: number, tails: tails)
      }
      if wantOfSpace != nil { context.report(.spaceReturned(lane: number)) }
      wantOfSpace = nil
      return made
    } catch {
      guard error.isWantOfSpace else { throw .failed(error) }
      wantOfSpace = (now, error)
      throw .wantOfSpace(error)
    }
  }

  private func closeFile(_ file: ActiveFile) throws(FileError) {
    try syncWritten()
    try writeEmptyFrame(to: file, flags: .closing)
    try sync(file)
    file.needsWitness = false
    file.segment.publish(readableEnd: file.writer.end)
    file.segment.markFull(file.writer.summary)
  }

  /// Ends the active segment: nothing is appended after this.
  func close() throws(FileError) {
    if let active { try end(active) }
    if let unused = spare.take() { try discard(unused.segment) }
    context.indexes.write()
  }

  private func end(_ file: ActiveFile) throws(FileError) {
    if file.writer.frameCount == 0, file.segment.header.tails.isEmpty {
      // A store that is opened and closed unused leaves nothing behind.
      context.segments.remove(file.segment)
      return try discard(file.segment)
    }
    try closeFile(file)
    // Nothing of this life was ever written behind the closing frame, and a store that is often restarted
    // would otherwise keep a file of full size for each time.
    try file.segment.file.setByteCount(file.writer.end)
    try file.segment.file.sync()
  }

  private func discard(_ segment: Segment) throws(FileError) {
    try context.directory.unlink(segment.name)
    try context.directory.sync()
  }

  /// Writes a file of its own for a request that fits no other, or for tombstones when there is room for no
  /// other.
  private func writeToMeasure(_ records: ArraySlice<PreparedRecord>) throws(LaneError) -> Written {
    // What the lane wrote before comes first: a later request must not be durable without it.
    do { try syncWritten() } catch { throw .failed(error) }
    let isOfDeletions = records.first?.isDeletion ?? false
    do throws(FileError) {
      // A table without entries takes next to no memory.
      if !isOfDeletions { try context.indexes.requireRoom() }
    } catch {
      throw error.isWantOfSpace ? .wantOfSpaceForOne(error) : .failed(error)
    }
    let firstSequence = try takeSequences(for: records)
    do throws(FileError) {
      context.counters.commits.add(1, ordering: .relaxed)
      let made = try context.maker.makeToMeasure(
        lane: number, records, firstSequence: firstSequence, output,
        reserveByteCount: isOfDeletions ? 0 : context.options.reserveByteCount)
      return .file(made.segment, made.index, records, places: made.places)
    } catch {
      guard error.isWantOfSpace else { throw .failed(error) }
      throw isOfDeletions ? .wantOfSpace(error) : .wantOfSpaceForOne(error)
    }
  }
}

extension PreparedRecord {
  /// A tombstone fits in every file.
  func fitsEmptySegment(_ options: StoreOptions) -> Bool {
    if case .append(let append) = self { append.fitsEmptySegment(options) } else { true }
  }
}

extension PreparedAppend {
  func fitsEmptySegment(_ options: StoreOptions) -> Bool {
    let overhead =
      UInt64(SegmentHeader.pageByteCount) + 2 * FrameHeader.alignment + options.tombstoneReserveByteCount
    return overhead + FrameWriter.byteCount(payload: byteCountMax) <= UInt64(options.segmentByteCount)
      && Int(counts.traces) <= min(options.indexEntryCount, options.indexSlotCount / 4 * 3)
  }

  /// Bytes of a file made to measure for it.
  var measuredByteCount: UInt64 { SegmentFiles.measuredByteCount(of: [.append(self)]) }
}

extension StoreCounters {
  func count(_ append: PreparedAppend) {
    requests.add(1, ordering: .relaxed)
    acceptedSpans.add(UInt64(append.acceptedSpanCount), ordering: .relaxed)
    rejectedSpans.add(UInt64(append.rejectedSpanCount), ordering: .relaxed)
    heldSpans.add(UInt64(append.heldSpanCount), ordering: .relaxed)
  }
}
