internal import SpanModel
internal import SpanWire
internal import SystemPackage

/// Rewrites full log segments as sealed ones. One thread at a time for each memory.
struct Sealer {
  let directory: Directory
  let identity: StoreIdentity
  let sequences: SequenceSource
  let cache: SealedCache
  /// Bytes of a file, or of spans of a larger one, that are held at once.
  let heldByteCountMax: UInt64
  var options = SegmentEncoder.Options()

  /// What a thread needs for `seal`.
  func makeMemory() -> SealMemory { SealMemory(byteCountMax: heldByteCountMax) }

  enum Outcome {
    case sealed(SealedSegment)
    /// Nothing in it can be sealed: damage, which keeps it as it is.
    case damaged
  }

  /// Writes the sealed segment that supersedes a full one, and commits it.
  ///
  /// Until the file has its name nothing has changed; from then on the log segment is superseded.
  func seal(_ segment: Segment, in memory: SealMemory) throws(FileError) -> Outcome {
    guard segment.damages.isEmpty, let summary = segment.summary,
      summary.requestCount <= SealedTables.recordCountMax
    else { return .damaged }
    let sequence = try sequences.takeSegment()
    let name = FileName.sealed(identity.storeID, sequence)
    let footer = SealedFooter(storeID: identity.storeID, sequence: sequence, hashKey: identity.hashKey)
    let writer = try SealedWriter(name, in: directory)
    do {
      let encoder = SegmentEncoder(footer, options: options) { try writer.append($0) }
      encoder.supersedes = [
        SupersededSegment(log: segment.sequence, lane: segment.header.lane, of: segment.header.storeID)
      ]
      try fill(encoder, from: segment, byteCount: summary.end, memory)
      try writer.finish(try encoder.finish())
      try writer.publish(as: name)
      return .sealed(try opened(name))
    } catch {
      writer.discard()
      try withdraw(name)
      switch error {
      case let failure as FileError: throw failure
      case SealSource.Failure.file(let failure): throw failure
      case SealSource.Failure.damaged: return .damaged
      default: preconditionFailure("an error that nobody throws: \(error)")
      }
    }
  }

  private func opened(_ name: String) throws(FileError) -> SealedSegment {
    switch try SealedSegment.open(name, in: directory, cache: cache) {
    case .whole(let sealed, _): return sealed
    case .damaged(let damage):
      // What was just written is not what was written: the disk cannot be trusted with it.
      throw FileError("read back: \(damage.reason)", directory.path(of: name), .ioError)
    case .newer: preconditionFailure("a newer version was written")
    }
  }

  /// Takes the name back that the file may have got: trying again would leave two of it.
  private func withdraw(_ name: String) throws(FileError) {
    try directory.unlinkIfThere(name)
    try directory.sync()
  }

  private func fill(
    _ encoder: SegmentEncoder, from segment: Segment, byteCount: UInt64, _ memory: SealMemory
  ) throws {
    let room = memory.room(for: segment.fileByteCount)
    let held = memory.byteCountMax
    let passCount = room == nil ? max(1, (byteCount + held - 1) / held) : 1
    let share = UInt64.max / passCount
    let hash = TraceIDHash(key: identity.hashKey)
    let file = SegmentFile(segment, in: directory)
    let source = try SealSource(segment, file, hash: hash, memory: room)
    for pass in 0..<passCount {
      let first = pass * share + (pass > 0 ? 1 : 0)
      let last = pass + 1 == passCount ? UInt64.max : (pass + 1) * share
      try source.read(first...last, into: encoder)
      try source.drain(into: encoder)
    }
  }
}
