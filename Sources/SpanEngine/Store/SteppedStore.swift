package import SpanModel
package import SpanWire

/// A store without threads: whoever holds it does the steps of committers, upkeep and readers.
///
/// For tests, which must decide what happens when.
package final class SteppedStore {
  /// For reading, and for preparing requests.
  package let store: Store
  private let lanes: [Lane]
  private var scratch = AppendScratch()
  private let sealMemory: SealMemory

  /// Opens as `Store.open` does.
  package init(_ options: StoreOptions, platform: any Platform = LinuxPlatform()) throws(StoreError) {
    (store, lanes) = try Store.openStepped(options, platform: platform)
    sealMemory = lanes[0].context.roller.makeMemory()
  }

  /// Scans a request.
  package func prepare(_ buffer: consuming RequestBuffer, of owner: RecordOwner = RecordOwner())
    throws(WireError) -> PreparedAppend
  {
    try store.prepare(buffer, of: owner, scratch: &scratch)
  }

  /// Commits as many of the first requests as one frame takes: `write`, `sync` and `publish` in one.
  ///
  /// - Precondition: each has an accepted span; `Store.submit` answers others without storing them.
  /// - Returns: how many; they are as durable as the store's mode promises, and readable.
  /// - Throws: `.outOfSpace`, after which the store goes on, and the requests must be prepared anew; after
  ///   any other error it must not be stepped.
  package func commit(_ appends: ArraySlice<PreparedAppend>, lane: Int = 0) throws(StoreError) -> Int {
    let count = try write(appends, lane: lane)
    try sync(lane: lane)
    publish(lane: lane)
    return count
  }

  /// The first step of a commit; what is written is neither durable nor readable.
  package func write(_ appends: ArraySlice<PreparedAppend>, lane: Int = 0) throws(StoreError) -> Int {
    precondition(appends.allSatisfy { $0.acceptedSpanCount > 0 }, "a request without spans is not stored")
    return try write(appends.map { .append($0) }, lane: lane)
  }

  /// As the first step of a commit, of a deletion.
  package func write(_ deletion: PreparedTombstone, lane: Int = 0) throws(StoreError) {
    _ = try write([.deletion(deletion)], lane: lane)
  }

  /// Deletes a trace: `write`, `sync` and `publish` in one.
  ///
  /// - Returns: the sequences of the records in which its spans are hidden now and were not before.
  @discardableResult
  package func delete(_ traceID: TraceID, tenant: UInt32 = 0, lane: Int = 0) throws(StoreError)
    -> Range<RecordSequence>
  {
    let deletion = store.prepareDeletion(of: traceID, tenant: tenant)
    try write(deletion, lane: lane)
    try sync(lane: lane)
    publish(lane: lane)
    return deletion.hiddenSequences
  }

  private func write(_ records: [PreparedRecord], lane: Int) throws(StoreError) -> Int {
    do { return try lanes[lane].write(records[...]) } catch {
      switch error {
      case .wantOfSpace(let cause), .wantOfSpaceForOne(let cause): throw .outOfSpace(cause)
      case .overtaken: throw .overtaken
      case .failed(let cause): throw .file(cause)
      }
    }
  }

  /// The second step of a commit: durable, if the mode promises it, but not readable.
  package func sync(lane: Int = 0) throws(StoreError) {
    do { try lanes[lane].syncIfPromised() } catch { throw .file(error) }
  }

  /// The last step of a commit: from now on it is readable, and may be acked.
  package func publish(lane: Int = 0) { lanes[lane].publish() }

  /// Makes the next file ahead of its use, as upkeep does; retires old ones when the store is as large as it
  /// may be.
  package func prepareSpare(lane: Int = 0) throws(StoreError) {
    do { try lanes[lane].prepareSpare() } catch { throw .file(error) }
  }

  /// Rolls a lane whose segment is as old as it may be, as an idle lane does.
  ///
  /// - Returns: whether it did: there must be a spare.
  package func rollIfDue(lane: Int = 0) throws(StoreError) -> Bool {
    do { return try lanes[lane].rollIfDue() } catch { throw .file(error) }
  }

  /// Retires what is too old, as upkeep does.
  package func retireOld() throws(StoreError) {
    do { try lanes[0].context.retention.retireOld() } catch { throw .file(error) }
  }

  /// Writes the indexes of full segments, as upkeep does.
  package func writeIndexes() { lanes[0].context.indexes.write() }

  /// Seals the oldest full segment, as the roller does.
  ///
  /// - Returns: `false` when there is none.
  package func sealNext() throws(StoreError) -> Bool {
    do { return try lanes[0].context.roller.sealNext(in: sealMemory) } catch { throw .file(error) }
  }

  /// Merges the sealed segments that compaction would merge first.
  ///
  /// - Returns: `nil` when there are none.
  package func compactNext(_ rules: CompactionRules = CompactionRules()) throws(StoreError)
    -> CompactionTally?
  {
    try lanes[0].context.compactor.compactNext(rules, UnlimitedPace())?.tally
  }

  /// Merges some sealed segments that are neighbours, oldest first, as far as they are of the first one's
  /// owner.
  ///
  /// - Returns: `nil` when there are none.
  package func compact(_ numbers: Range<Int>, _ rules: CompactionRules = CompactionRules())
    throws(StoreError) -> CompactionTally?
  {
    let segments = store.segmentSnapshot().sealed[numbers]
    let inputs = segments.filter { $0.owner == segments.first?.owner }
    guard !inputs.isEmpty else { return nil }
    return try lanes[0].context.compactor.compact(inputs, rules, UnlimitedPace())?.tally
  }

  /// Syncs what was written without a sync, as the interval does.
  package func syncWritten(lane: Int = 0) throws(StoreError) {
    do { try lanes[lane].syncWritten() } catch { throw .file(error) }
  }

  /// Promises the last frame, as an idle lane does.
  package func writeWitness(lane: Int = 0) throws(StoreError) {
    do { try lanes[lane].writeWitness() } catch { throw .file(error) }
  }

  /// Closes the active segments; nothing may be stepped after it.
  package func close() throws(StoreError) {
    do throws(FileError) {
      for lane in lanes { try lane.close() }
      try store.closeFiles()
    } catch {
      throw .file(error)
    }
  }

  package func checkInvariants() { for lane in lanes { lane.checkInvariants() } }
}
