internal import SpanModel
internal import SpanWire
internal import SystemPackage

/// Writes the segments that compactions make.
struct CompactionWriter {
  let directory: Directory
  let identity: StoreIdentity
  let sequences: SequenceSource
  let cache: SealedCache
  /// What is left free on the disk.
  let reserveByteCount: UInt64
  let snapshot: @Sendable () -> SegmentSnapshot
  var rowGroupByteCount = SegmentEncoder.rowGroupByteCount

  /// Writes one segment with the spans of `inputs`, durably, and under a temporary name: nothing has changed.
  func write(
    _ inputs: [SealedSegment], _ order: CompactionOrder, _ pace: any CompactionPace
  ) throws(StoreError) -> WrittenCompaction {
    let file: SealedWriter
    let footer: SealedFooter
    let name: String
    do throws(FileError) {
      let byteCount = inputs.reduce(0) { $0 + $1.footer.fileByteCount }
      try directory.requireSpace(byteCount, reserve: reserveByteCount)
      footer = try self.footer(of: inputs)
      name = FileName.sealed(identity.storeID, footer.sequence)
      file = try SealedWriter(name, in: directory)
    } catch {
      throw .file(error)
    }
    do {
      let (tally, footer) = try merge(inputs, order, pace, footer) { bytes in
        try pace.take(bytes.count)
        try file.append(bytes)
      }
      try file.finish(footer)
      return WrittenCompaction(name: name, directory: directory, cache: cache, file: file, tally: tally)
    } catch {
      file.discard()
      throw Self.storeError(error)
    }
  }

  /// Merges without writing.
  ///
  /// - Returns: what was counted, and the bytes that the file would have.
  func rehearse(
    _ inputs: [SealedSegment], _ order: CompactionOrder, _ pace: any CompactionPace
  ) throws(StoreError) -> (tally: CompactionTally, footer: SealedFooter) {
    do {
      return try merge(inputs, order, pace, try footer(of: inputs)) { _ in }
    } catch {
      throw Self.storeError(error)
    }
  }

  private func footer(of inputs: [SealedSegment]) throws(FileError) -> SealedFooter {
    guard let first = inputs.first?.footer else { preconditionFailure("a compaction of nothing") }
    var footer = SealedFooter(
      storeID: identity.storeID, sequence: try sequences.takeSegment(), hashKey: identity.hashKey)
    footer.tenant = first.tenant
    footer.partition = first.partition
    return footer
  }

  private func merge(
    _ inputs: [SealedSegment], _ order: CompactionOrder, _ pace: any CompactionPace, _ footer: SealedFooter,
    _ sink: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> (CompactionTally, SealedFooter) {
    var options = SegmentEncoder.Options()
    options.rowGroupByteCount = rowGroupByteCount
    options.effort = .dense(level: order.rules.level)
    let encoder = SegmentEncoder(footer, options: options, write: sink)
    encoder.supersedes = inputs.map { SupersededSegment(sealed: $0.sequence, of: $0.footer.storeID) }
    encoder.tombstones = order.tombstones.inForce.filter { tombstone in
      inputs.contains { $0.footer.firstRecord < tombstone.sequence }
    }.map { SealedTombstone($0) }
    let merge = try CompactionMerge(
      inputs, order, judging(inputs, order), into: encoder, hashKey: identity.hashKey
    ) { (byteCount) throws(StoreError) in try pace.take(byteCount) }
    try merge.run()
    return (merge.tally, try encoder.finish())
  }

  private func judging(_ inputs: [SealedSegment], _ order: CompactionOrder) -> TraceJudging? {
    guard let judge = order.rules.makeJudge?() else { return nil }
    let now = directory.platform.now().nanoseconds
    let settle = UInt64(max(0, order.rules.settle / .nanoseconds(1)))
    // What arrives from now on is too young in any case.
    let settledBefore = Timestamp(nanoseconds: settle == 0 ? now + 1 : now - min(now, settle))
    return TraceJudging(
      judge: judge, order: order, settledBefore: settledBefore, inputs: inputs, snapshot: snapshot)
  }

  private static func storeError(_ error: any Error) -> StoreError {
    switch error {
    case let error as StoreError: error
    case let error as FileError: .file(error)
    default: preconditionFailure("an error that nobody throws: \(error)")
    }
  }
}

/// A segment that is whole and durable, and not yet part of the store.
struct WrittenCompaction {
  let name: String
  let directory: Directory
  let cache: SealedCache
  fileprivate let file: SealedWriter
  let tally: CompactionTally

  /// The commit: from now on its inputs are superseded.
  func publish() throws(FileError) -> SealedSegment {
    try file.publish(as: name)
    switch try SealedSegment.open(name, in: directory, cache: cache) {
    case .whole(let sealed, _): return sealed
    case .damaged(let damage):
      // What was just written is not what was written: the disk cannot be trusted with it.
      throw FileError("read back: \(damage.reason)", directory.path(of: name), .ioError)
    case .newer: preconditionFailure("a newer version was written")
    }
  }

  func withdraw() throws(FileError) { try file.withdraw(name) }

  func discard() { file.discard() }
}
