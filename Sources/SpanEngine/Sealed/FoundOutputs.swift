internal import SpanModel
internal import SpanWire
internal import SystemPackage

/// Sealed segments, finished ones and others, that may be in the place of one log segment.
struct FoundOutputs {
  private let names: Set<String>
  private let directory: Directory
  private let lane: UInt32
  private let sequence: SegmentSequence

  init(_ names: Set<String>, in directory: Directory, lane: UInt32, _ sequence: SegmentSequence) {
    self.names = names
    self.directory = directory
    self.lane = lane
    self.sequence = sequence
  }

  /// The names that sealed segments have, or are to get.
  var all: [String] {
    Set(names.compactMap { FileName.parseSealed($0) == nil ? FileName.sealedInTheMaking($0) : $0 }).sorted()
  }

  /// Whether a sealed segment is there, and says that it has spans of the log segment.
  ///
  /// - Parameter damages: is told why one that is there cannot be opened.
  func open(_ name: String, _ damages: inout [Damage]) throws(StoreError) -> Bool {
    let temporaryName = name + FileName.temporarySuffix
    guard names.contains(name) || names.contains(temporaryName) else { return false }
    let shown = names.contains(name) ? directory : directory.showing([name: temporaryName], hiding: [])
    let found: SealedSegment.Found
    do { found = try SealedSegment.open(name, in: shown, cache: SealedCache(byteCount: 0)) } catch {
      // A server that has the directory open is done with it by now; who needs it to stay holds the lock.
      if error.errno == .noSuchFileOrDirectory { return false }
      throw .file(error)
    }
    switch found {
    case .whole(let segment, _):
      let log = SupersededSegment(log: sequence, lane: lane, of: segment.footer.storeID)
      return segment.supersedes.contains(log)
    case .damaged(let damage):
      damages.append(damage)
      return false
    case .newer(let error): throw .unusable(path: shown.path(of: name), reason: error.description)
    }
  }
}
