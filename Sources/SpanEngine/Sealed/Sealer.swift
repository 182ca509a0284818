internal import SpanModel
internal import SpanWire
internal import SystemPackage

/// Rewrites full log segments as sealed ones, one for each owner. One thread at a time for each memory.
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
    /// In order of their owners.
    case sealed([SealedSegment])
    /// Nothing in it can be sealed: damage, which keeps it as it is.
    case damaged
  }

  struct Failure: Error {
    let cause: FileError
    /// What could not be taken back: before the segment is sealed anew, or goes, it must be.
    let undone: SealCommit?
  }

  /// Writes the sealed segments that supersede a full one, and commits them.
  ///
  /// Until they are committed nothing has changed; from then on the log segment is superseded.
  ///
  /// - Parameter only: the share to be sealed, if it is not all of them.
  func seal(_ segment: Segment, in memory: SealMemory, _ only: SealSource.Share? = nil) throws(Failure)
    -> Outcome
  {
    guard segment.damages.isEmpty, let summary = segment.summary,
      summary.requestCount <= SealedTables.recordCountMax
    else { return .damaged }
    var commit = SealCommit(of: segment.header, in: directory)
    do {
      let sealing = try Sealing(segment, byteCount: summary.end, self, memory)
      guard try sealing.write(only, &commit) else { return .damaged }
      try commit.publish()
      return .sealed(try commit.names.map { try opened($0) })
    } catch {
      let cause = Self.cause(error)
      do throws(FileError) { try commit.withdraw() } catch {
        throw Failure(cause: cause ?? error, undone: commit)
      }
      guard let cause else { return .damaged }
      throw Failure(cause: cause, undone: nil)
    }
  }

  /// What is in a full segment, owner by owner.
  ///
  /// - Returns: `nil` when that cannot be told.
  func shares(of segment: Segment) throws(FileError) -> [SealSource.Share]? {
    guard segment.damages.isEmpty, segment.summary != nil else { return nil }
    do {
      let file = SegmentFile(segment, in: directory)
      let hash = TraceIDHash(key: identity.hashKey)
      return try SealSource(segment, file, hash: hash, memory: nil).shares()
    } catch {
      if let cause = Self.cause(error) { throw cause }
      return nil
    }
  }

  /// - Returns: `nil` for damage.
  private static func cause(_ error: any Error) -> FileError? {
    switch error {
    case let failure as FileError: failure
    case SealSource.Failure.file(let failure): failure
    case SealSource.Failure.damaged: nil
    default: preconditionFailure("an error that nobody throws: \(error)")
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
}
