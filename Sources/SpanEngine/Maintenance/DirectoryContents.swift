internal import SpanModel
internal import SpanWire

/// The files of a data directory that hold spans, and what in them is damaged: as recovery judges it.
struct DirectoryContents {
  struct LogFile {
    let name: String
    let sequence: SegmentSequence
    /// Where the last frame ends; `nil` when no frame of it can be told.
    let end: UInt64?
    let isDamaged: Bool

    /// What a copy must have: of a damaged file all, so that the damage is named there, too.
    var keptByteCount: UInt64? { isDamaged ? nil : end }
  }

  /// Those whose spans are in no other, the oldest first; damaged ones included.
  private(set) var logFiles: [LogFile] = []
  /// As above, without those that belong to another store.
  private(set) var sealedNames: [String] = []
  private(set) var ledgerNames: [String] = []
  /// Of log files.
  let tombstones: [Tombstone]
  let damages: [Damage]

  /// Reads all log segments.
  init(_ opening: StoreOpening) throws(StoreError) {
    var walked: [LogFile] = []
    var tombstones: [Tombstone] = []
    var recovery = StoreRecovery(opening, .left)
    recovery.onWalked = { (file, segment) throws(FileError) in
      tombstones += segment.summary.tombstones
      walked.append(
        LogFile(
          name: file.name, sequence: file.header.sequence, end: segment.summary.end,
          isDamaged: !segment.damages.isEmpty))
    }
    try recovery.run(givesBackSpace: false)
    self.tombstones = tombstones
    damages = recovery.damages + recovery.ledger.damages + opening.setDamages
    let names: [String]
    do { names = try opening.directory.fileNames().sorted() } catch { throw .file(error) }
    let superseded = Set(recovery.sealed.supersededNames(in: opening.identity.storeID))
    let unreadable = Set(recovery.unreadable.map(\.file))
    for name in names where !superseded.contains(name) {
      if FileName.parseSealed(name) != nil { sealedNames.append(name) }
      if FileName.parseLedger(name) != nil { ledgerNames.append(name) }
      if let parsed = FileName.parseActive(name), unreadable.contains(name) {
        walked.append(LogFile(name: name, sequence: parsed.sequence, end: nil, isDamaged: true))
      }
    }
    logFiles = walked.sorted { $0.sequence < $1.sequence }
  }
}
