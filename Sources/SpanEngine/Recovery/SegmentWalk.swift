internal import SpanModel
internal import SpanWire

/// What else is known of how far a file was durable, besides what its own frames promise.
struct DurableEvidence {
  /// As the lane's ledger says; zero when it says nothing.
  var ledger: UInt64 = 0
  /// As a later file remembers it from an earlier recovery.
  var tail: RecoveredTail?
  /// The lane went on in a later file, so this one was closed first.
  var mustBeClosed = false
}

/// Walks the frames of one file from front to back and decides where it ends and what in it is damaged.
///
/// The rule (`docs/format.md`, recovery): at the first frame that is not whole, at X, any evidence of a
/// durable position above X makes it corruption: the damage is named, and every other frame kept. Without
/// such evidence it is the torn tail of a crash, and nothing at or behind X was ever acked.
struct SegmentWalk {
  private let scan: FrameScan
  private let evidence: DurableEvidence

  /// Where the last kept frame ends.
  private(set) var end = UInt64(SegmentHeader.pageByteCount)
  private(set) var frameCount: UInt64 = 0
  /// Of the last kept frame; zero before the first.
  private(set) var lastChecksum: UInt32 = 0
  private(set) var isClosed = false
  private(set) var damages: [Damage] = []
  /// Where a torn frame begins, when one was begun.
  private(set) var tornAt: UInt64?
  /// Promised by the valid frames behind the first bad one; computed once.
  private var laterPromise: UInt64?
  /// Whether there are any.
  private var hasLaterFrames = false
  /// Whether the frame before is known, and so its number and checksum.
  private var isChained = true

  init(_ scan: FrameScan, _ evidence: DurableEvidence) {
    self.scan = scan
    self.evidence = evidence
    if let damage = scan.segment.headerDamage { damages.append(damage) }
  }

  /// Holds the end against what a later file remembers of it.
  private mutating func checkEnd(_ tail: RecoveredTail) {
    if end == tail.end, lastChecksum == tail.frameChecksum || !damages.isEmpty { return }
    damages.append(
      Damage(
        file: scan.segment.name, position: tail.end, byteCount: 1, extent: .frames,
        reason: "its last frame is not the one that a later file remembers"))
  }

  private enum Step {
    case frame(ScannedFrame)
    /// Damage was named; there is another frame behind it.
    case skipped
    case end
  }

  /// The next frame that is kept, or `nil` at the end; only then the other properties are final.
  mutating func next() throws(FileError) -> ScannedFrame? {
    while !isClosed {
      // What an earlier recovery judged to be behind the end stays there, however it reads now.
      if let tail = evidence.tail, end >= tail.end {
        checkEnd(tail)
        return nil
      }
      switch try step() {
      case .frame(let frame): return frame
      case .skipped: continue
      case .end: return nil
      }
    }
    return nil
  }

  private mutating func step() throws(FileError) -> Step {
    let reason: FormatError
    switch try scan.header(at: end) {
    case .success(let header) where follows(header):
      let frame = try scan.frame(at: end, header)
      var isKept = frame.isWhole
      if !isKept { isKept = try durableEvidence(above: end) }
      guard isKept else {
        tornAt = end
        return .end
      }
      let kept = try withoutOldPadding(frame)
      keep(kept)
      return .frame(kept)
    case .success: reason = .field("number or previous checksum")
    case .failure(let error): reason = error
    }
    guard try durableEvidence(above: end) else {
      if try isBegun() { tornAt = end }
      return .end
    }
    return try stepOverDamage(reason) ? .skipped : .end
  }

  /// Whether something of a frame stands at the end: in a file that was zeroed, anything; in one that is used
  /// again, bytes of its earlier life stand there too.
  private func isBegun() throws(FileError) -> Bool {
    if hasLaterFrames { return true }
    if scan.segment.header.isRecycled { return false }
    return try !scan.window.isZero(from: end)
  }

  /// In a file that is used again, a crash may leave bytes of its earlier life in the padding of a frame that
  /// was never synced: they are no damage.
  private mutating func withoutOldPadding(_ frame: ScannedFrame) throws(FileError) -> ScannedFrame {
    guard scan.segment.header.isRecycled, frame.isWhole, !frame.damages.isEmpty,
      try !syncEvidence(above: frame.position)
    else { return frame }
    var kept = frame
    kept.damages = []
    return kept
  }

  private func follows(_ header: FrameHeader) -> Bool {
    guard isChained else { return header.number > frameCount }
    return header.number == frameCount &+ 1 && header.previousChecksum == lastChecksum
  }

  private mutating func keep(_ frame: ScannedFrame) {
    damages += frame.damages
    end = frame.end
    frameCount = frame.header.number
    lastChecksum = frame.header.checksum
    isChained = true
    isClosed = frame.header.flags.contains(.closing)
  }

  /// Names what cannot be read and goes on at the next frame that can.
  private mutating func stepOverDamage(_ reason: FormatError) throws(FileError) -> Bool {
    // The frame that the file's end cuts off was named already.
    if end > scan.window.fileByteCount,
      damages.contains(where: { $0.extent == .frames && $0.position &+ $0.byteCount == end })
    {
      return false
    }
    let next = try scan.nextHeader(from: end + FrameHeader.alignment)
    let known = max(evidence.ledger, evidence.tail?.end ?? 0)
    let damageEnd = next?.position ?? max(end + 1, known > end ? known : scan.window.fileByteCount)
    damages.append(
      Damage(
        file: scan.segment.name, position: end, byteCount: damageEnd - end, extent: .frames,
        reason: "a frame's header: \(reason)"))
    end = damageEnd
    isChained = false
    return next != nil
  }

  /// Whether anything says that bytes above `position` were durable.
  private mutating func durableEvidence(above position: UInt64) throws(FileError) -> Bool {
    if let tail = evidence.tail, tail.end > position { return true }
    if try syncEvidence(above: position) { return true }
    // A crash leaves pages that can be read: what the device refuses to read may have been acked. Asked last,
    // because only the search for later frames has read up to the end.
    return scan.window.hasUnreadable(from: position)
  }

  /// Whether anything says that bytes above `position` were synced.
  private mutating func syncEvidence(above position: UInt64) throws(FileError) -> Bool {
    if evidence.mustBeClosed || evidence.ledger > position { return true }
    return try promise(behind: position) > position
  }

  /// The greatest durable position that valid frames behind `position` promise.
  private mutating func promise(behind position: UInt64) throws(FileError) -> UInt64 {
    if let laterPromise { return laterPromise }
    var greatest: UInt64 = 0
    var next = position + FrameHeader.alignment
    while let found = try scan.nextHeader(from: next) {
      hasLaterFrames = true
      greatest = max(greatest, found.header.durableUpTo)
      next = found.position + FrameHeader.alignment
    }
    laterPromise = greatest
    return greatest
  }
}
