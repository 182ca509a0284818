internal import SpanModel
internal import SpanWire

/// What an earlier process left in a data directory.
struct StoreRecovery {
  /// Above all that a store will ever give away; a file name that says more is nobody's.
  private static let sequenceEnd = SegmentSequence(1 << 63)

  private(set) var segments: [Segment] = []
  /// Names of active files in which nothing was ever stored.
  private(set) var emptyNames: [String] = []
  /// Files that cannot be read at all.
  private(set) var unreadable: [Damage] = []
  /// Files that ended without a closing frame and that no later file remembers.
  private(set) var tails: [RecoveredTail] = []
  private(set) var tornTails: [(name: String, position: UInt64)] = []
  private(set) var requestCount: UInt64 = 0
  private(set) var spanCount: UInt64 = 0
  private(set) var rejectedSpanCount: UInt64 = 0
  private(set) var nextSequence: RecordSequence
  private(set) var nextSegment: SegmentSequence

  /// Called for each record that was kept, and for each file that was walked, the newest first.
  var onRecord: ((ScannedRecord, FrameScan) throws(FileError) -> Void)?
  var onWalked: ((SegmentFile, SegmentRecovery) -> Void)?

  private let directory: Directory
  private let identity: StoreIdentity
  private(set) var ledger = Ledger.Contents()
  private var rememberedTails: [SegmentSequence: RecoveredTail] = [:]
  /// Those that a file remembers which stays.
  private var keptTails: Set<SegmentSequence> = []
  /// Set when a file was written by a newer release.
  private var newer: StoreError?
  /// Lanes that went on in a later file than the one looked at.
  private var lanesWithLaterFrames: Set<UInt32> = []

  init(_ directory: Directory, _ identity: StoreIdentity) {
    self.directory = directory
    self.identity = identity
    nextSequence = identity.nextSequence
    nextSegment = identity.nextSegment
  }

  var damages: [Damage] { unreadable + segments.flatMap(\.damages) }

  /// Reads all segments there are.
  ///
  /// - Parameter givesBackSpace: whether the zeroes behind the end of a file that was not closed are cut off.
  mutating func run(givesBackSpace: Bool) throws(StoreError) {
    var files: [SegmentFile]
    do throws(FileError) {
      let names = try directory.fileNames()
      ledger = try Ledger.contents(in: directory, names: names, storeID: identity.storeID)
      files = try openFiles(names, givesBackSpace ? .readWrite : .readOnly)
      nameMissingFiles(names)
    } catch {
      throw .file(error)
    }
    if let newer { throw newer }
    do throws(FileError) {
      // Newest first: what a lane did later tells how its earlier files must end.
      files.sort { $0.header.sequence > $1.header.sequence }
      for file in files {
        for tail in file.header.tails where rememberedTails[tail.segment] == nil {
          rememberedTails[tail.segment] = tail
        }
      }
      for file in files { try recover(file, givesBackSpace: givesBackSpace) }
    } catch {
      throw .file(error)
    }
    segments.sort { $0.sequence < $1.sequence }
    tails.sort { $0.segment < $1.segment }
  }

  private mutating func openFiles(_ names: [String], _ mode: OpenMode) throws(FileError)
    -> [SegmentFile]
  {
    var files: [SegmentFile] = []
    for name in names {
      guard let parsed = FileName.parseActive(name) else { continue }
      guard parsed.sequence < Self.sequenceEnd else {
        unreadable.append(misnamed(name, "no segment was ever given this sequence"))
        continue
      }
      nextSegment = max(nextSegment, SegmentSequence(parsed.sequence.rawValue + 1))
      do {
        let file = try SegmentFile(name, mode, in: directory)
        if let damage = misplacement(of: file) {
          unreadable.append(damage)
        } else {
          files.append(file)
        }
      } catch {
        switch error {
        case .file(let error): throw error
        case .damaged(let damage): unreadable.append(damage)
        case .newer(let error):
          newer = .unusable(path: directory.path(of: name), reason: error.description)
        }
      }
    }
    return files
  }

  /// Segments that a ledger names as durable and that are not there any more.
  private mutating func nameMissingFiles(_ names: [String]) {
    for (sequence, entry) in ledger.entries {
      let name = FileName.active(lane: entry.lane, sequence)
      guard !names.contains(name) else { continue }
      unreadable.append(
        Damage(
          file: name, position: 0, byteCount: entry.durableUpTo, extent: .frames,
          reason: "the file is gone, and the ledger names it as durable"))
    }
  }

  /// A whole header that belongs to another store or another name.
  private func misplacement(of file: SegmentFile) -> Damage? {
    if file.header.storeID != identity.storeID { return misnamed(file.name, "it belongs to another store") }
    let name = FileName.active(lane: file.header.lane, file.header.sequence)
    return name == file.name ? nil : misnamed(file.name, "it was made under another name, \(name)")
  }

  private func misnamed(_ name: String, _ reason: String) -> Damage {
    Damage(
      file: name, position: 0, byteCount: UInt64(SegmentHeader.pageByteCount), extent: .frames, reason: reason
    )
  }

  private mutating func recover(_ file: SegmentFile, givesBackSpace: Bool) throws(FileError) {
    let header = file.header
    var evidence = DurableEvidence()
    evidence.ledger = ledger.entries[header.sequence]?.durableUpTo ?? 0
    evidence.tail = rememberedTails[header.sequence]
    // A file made to measure gets its name only when it is whole.
    evidence.mustBeClosed =
      header.isMadeToMeasure || (evidence.tail == nil && lanesWithLaterFrames.contains(header.lane))
    var recovery = SegmentRecovery(hashKey: identity.hashKey)
    let scan = try FrameScan(file)
    let onRecord = onRecord
    try recovery.run(scan, evidence) { (record) throws(FileError) in try onRecord?(record, scan) }
    onWalked?(file, recovery)
    if let position = recovery.tornAt { tornTails.append((file.name, position)) }
    if recovery.isEmpty {
      emptyNames.append(file.name)
      return
    }
    if !header.isMadeToMeasure { lanesWithLaterFrames.insert(header.lane) }
    count(recovery)
    keptTails.formUnion(header.tails.map(\.segment))
    if !recovery.isClosed {
      if !keptTails.contains(header.sequence) {
        tails.append(
          RecoveredTail(segment: header.sequence, end: recovery.end, frameChecksum: recovery.lastChecksum))
      }
      let isSpaceUnused = recovery.restIsZero && recovery.damages.isEmpty
      if givesBackSpace, isSpaceUnused { try giveBack(file, end: recovery.end) }
    }
    segments.append(recovery.segment(of: file))
  }

  private mutating func count(_ recovery: SegmentRecovery) {
    requestCount += recovery.requestCount
    spanCount += recovery.spanCount
    rejectedSpanCount += recovery.rejectedSpanCount
    nextSequence = max(nextSequence, recovery.nextSequence)
  }

  /// Cuts off zeroes that no frame ever stood in; bytes that are not zero stay.
  private func giveBack(_ file: SegmentFile, end: UInt64) throws(FileError) {
    if try file.file.byteCount() > end { try file.file.setByteCount(end) }
  }
}
