internal import SpanModel
internal import SpanWire
internal import SystemPackage

extension StoreVerification {
  /// What is merged again and again while it is read is no use to follow.
  private static let roundCountMax = 4

  /// As `verify`, of a store that is open: everything that was there when it began, as far as it was then
  /// acked.
  ///
  /// What goes meanwhile, because it is merged or retired, is passed over, and what is merged of it is
  /// checked instead. Of the ledger nothing is said, as it is written all the time.
  static func verify(
    _ list: SegmentList, _ directory: Directory, _ identity: StoreIdentity, unreadable: [Damage],
    _ control: MaintenanceControl
  ) throws(StoreError) -> StoreVerification {
    let segments = list.wholeSnapshot()
    var verification = StoreVerification()
    verification.damages = unreadable.filter { FileName.parseSealed($0.file) == nil }
    var progress = MaintenanceProgress(
      phase: .verifying, doneByteCount: 0,
      totalByteCount: segments.sealed.reduce(segments.segments.reduce(0) { $0 + $1.segment.readableEnd }) {
        $0 + $1.footer.fileByteCount
      })
    try control.begin(.verifying, of: progress.totalByteCount)
    for indexed in segments.segments where indexed.segment.hasFrames {
      let end = indexed.segment.readableEnd
      do throws(FileError) {
        try verification.check(indexed.segment, upTo: end, directory, identity, control)
      } catch {
        throw control.isCancelled ? .cancelled : .file(error)
      }
      progress.doneByteCount += end
      try control.tell(progress)
    }
    var left = segments.sealed
    for _ in 0..<roundCountMax where !left.isEmpty {
      var gone: Set<SegmentSequence> = []
      for segment in left {
        do throws(FileError) { try verification.checkSealed(segment.name, in: directory, identity) } catch {
          guard error.errno == .noSuchFileOrDirectory else { throw .file(error) }
          gone.insert(segment.sequence)
        }
        progress.doneByteCount += segment.footer.fileByteCount
        try control.tell(progress)
      }
      // What was merged meanwhile is in a file that was not there.
      left = list.sealedSnapshot().filter { $0.supersedes.contains { gone.contains($0.sequence) } }
    }
    do throws(FileError) { try verification.checkIdentity(directory) } catch { throw .file(error) }
    return verification
  }

  private mutating func check(
    _ segment: Segment, upTo end: UInt64, _ directory: Directory, _ identity: StoreIdentity,
    _ control: MaintenanceControl
  ) throws(FileError) {
    // Before its end is read: a segment that is full does not change any more.
    let isFull = segment.isFull
    let (file, scan) = try Self.scan(segment, directory)
    let check = DirectoryCheck(hashKey: identity.hashKey, scan: scan)
    var evidence = DurableEvidence()
    evidence.ledger = segment.damages.isEmpty ? end : 0
    var recovery = SegmentRecovery(hashKey: identity.hashKey)
    try recovery.run(scan, evidence, upTo: end) { (record) throws(FileError) in
      if control.isCancelled { throw FileError("go on reading", directory.path(of: segment.name), .canceled) }
      try check.check(record, &self)
    }
    take(file, recovery)
    damages += recovery.damages.isEmpty ? [] : recovery.damages
    guard isFull, segment.damages.isEmpty else { return }
    if let damage = try IndexCheck(directory: directory).damage(of: file, recovery) { damages.append(damage) }
  }

  /// Past the page cache, as long as it has its name: what the disk holds is to be seen.
  private static func scan(_ segment: Segment, _ directory: Directory) throws(FileError) -> (
    SegmentFile, FrameScan
  ) {
    do {
      let file = SegmentFile(segment, in: directory)
      return (file, try FrameScan(file))
    } catch {
      guard error.errno == .noSuchFileOrDirectory else { throw error }
      let file = SegmentFile(segment)
      return (file, try FrameScan(file))
    }
  }

  private mutating func checkIdentity(_ directory: Directory) throws(FileError) {
    let bytes = try directory.contents(of: FileName.identity, byteCountMax: StoreIdentity.fileByteCount + 1)
    let decoded = bytes.flatMap {
      $0.withUnsafeBytes { bytes -> StoreIdentity? in
        do throws(FormatError) { return try StoreIdentity(decoding: bytes) } catch { return nil }
      }
    }
    if let bytes, let decoded, decoded.encoded() == bytes { return }
    damages.append(
      Damage(
        file: FileName.identity, position: 0, byteCount: UInt64(bytes?.count ?? 0), extent: .nothing,
        reason: "one of its two copies, or both, are not what was written"))
  }
}
