internal import SpanModel
internal import SpanWire

/// The sealed segments that one log segment becomes, until all of them are part of the store, or none is.
///
/// One is committed by its rename. Several are named by a set file, the rename of which commits all: from
/// then on they get their names, and the set goes when they have them, durably, before anybody relies on one.
/// Only after that may the log segment go; so as long as there is a set, it has no less than its outputs.
struct SealCommit {
  private let directory: Directory
  private let log: SegmentHeader
  private var sequences: [SegmentSequence] = []

  init(of log: SegmentHeader, in directory: Directory) {
    self.log = log
    self.directory = directory
  }

  /// Under which the outputs are found once they are part of the store.
  var names: [String] { sequences.map { FileName.sealed(log.storeID, $0) } }

  private var setName: String { FileName.set(lane: log.lane, log.sequence) }

  /// One more output, which has its temporary name from now on.
  mutating func add(_ sequence: SegmentSequence) { sequences.append(sequence) }

  /// The commit, when all outputs are on stable storage.
  func publish() throws(FileError) {
    if sequences.count > 1 {
      let set = SegmentSet(
        storeID: log.storeID, lane: log.lane, log: log.sequence, outputs: sequences)
      // A set that is found must lead to its outputs.
      try directory.sync()
      try directory.replace(setName, with: set.encoded())
    }
    for name in names { try directory.rename(name + FileName.temporarySuffix, to: name) }
    try directory.sync()
    guard sequences.count > 1 else { return }
    try directory.unlink(setName)
    try directory.sync()
  }

  /// Takes back whatever was done, also when it is not known what was: trying again would leave two of it.
  ///
  /// A set that lost an output counts as none, so it goes last.
  func withdraw() throws(FileError) {
    for name in names {
      try directory.unlinkIfThere(name)
      try directory.unlinkIfThere(name + FileName.temporarySuffix)
    }
    try directory.sync()
    guard sequences.count > 1 else { return }
    try directory.unlinkIfThere(setName + FileName.temporarySuffix)
    try directory.unlinkIfThere(setName)
    try directory.sync()
  }
}
