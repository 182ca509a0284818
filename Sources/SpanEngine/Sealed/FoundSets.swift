internal import SpanModel

/// The sets of sealed segments that an earlier process left half done.
struct FoundSets {
  private let sets: [FoundSet]
  private let names: Set<String>

  /// Changes nothing.
  init(in directory: Directory) throws(StoreError) {
    do { names = Set(try directory.storedFileNames()) } catch { throw .file(error) }
    var sets: [FoundSet] = []
    for name in names.sorted() where FileName.parseSet(name) != nil {
      sets.append(try FoundSet(name, among: names, in: directory))
    }
    self.sets = sets
  }

  var damages: [Damage] { sets.flatMap(\.damages) }

  /// Outputs that still have temporary names.
  private func waitingNames(of set: FoundSet) -> [String] { set.outputNames.subtracting(names).sorted() }

  /// The directory as it will be when the sets are done with, for who changes nothing in it.
  func shown(_ directory: Directory) -> Directory {
    if sets.isEmpty { return directory }
    var standIns: [String: String] = [:]
    var hidden: Set<String> = []
    for set in sets {
      if !set.isCommitted { hidden.formUnion(set.outputNames) }
      for name in set.isCommitted ? waitingNames(of: set) : [] {
        standIns[name] = name + FileName.temporarySuffix
      }
    }
    return directory.showing(standIns, hiding: hidden)
  }

  /// Gives committed outputs their names, takes away all others, and then the sets: each step durable before
  /// the next, so that a crash leaves what this finds again.
  func finish(in directory: Directory) throws(FileError) {
    if sets.isEmpty { return }
    // A process that was killed may have left the names of sets unsynced: the first output that gets its name
    // must not outlive its set.
    try directory.sync()
    for set in sets {
      if set.isCommitted {
        for name in waitingNames(of: set) {
          try directory.rename(name + FileName.temporarySuffix, to: name)
        }
      } else {
        for name in set.outputNames { try directory.unlinkIfThere(name) }
      }
    }
    try directory.sync()
    for set in sets { try directory.unlink(set.name) }
    try directory.sync()
  }
}
