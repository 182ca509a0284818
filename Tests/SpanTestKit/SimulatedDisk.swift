package import SystemPackage

/// A file system in memory that knows what a crash could leave of it.
///
/// A value: a copy is an image of the whole disk at one moment. Names are durable only after their directory
/// was synced; until then a crash may keep any subset of the changes, each of them whole.
package struct SimulatedDisk: Sendable {
  enum NameChange {
    case set(name: String, file: Int)
    case rename(from: String, to: String, file: Int)
    case remove(name: String)
  }

  var files: [Int: SimulatedFile] = [:]
  private var nextFile = 1
  /// As programs see them: path to file.
  private(set) var names: [String: Int] = [:] { didSet { listing = nil } }
  /// The names in the directory that was listed last, so that copies of the disk need not sort them again.
  private var listing: (directory: String, names: [String])?
  private(set) var durableNames: [String: Int] = [:]
  private(set) var nameChanges: [NameChange] = []
  private(set) var directories: Set<String> = [".", "/"]
  /// Bytes of all files together that it can hold.
  var capacity: UInt64 = 1 << 40

  package init() {}

  /// What is left of the capacity. Files that are open and have no name any more take no room here.
  var freeByteCount: UInt64 {
    let taken = Set(names.values).reduce(UInt64(0)) { $0 + UInt64(files[$1]?.byteCount ?? 0) }
    return capacity > taken ? capacity - taken : 0
  }

  func nameCount(of file: Int) -> Int { names.values.count { $0 == file } }

  mutating func makeDirectory(_ path: String) throws(Errno) {
    guard directories.insert(path).inserted else { throw .fileExists }
  }

  func file(at path: String) throws(Errno) -> Int {
    guard let file = names[path] else { throw .noSuchFileOrDirectory }
    return file
  }

  mutating func create(_ path: String) -> Int {
    let file = nextFile
    nextFile += 1
    files[file] = SimulatedFile()
    names[path] = file
    nameChanges.append(.set(name: path, file: file))
    return file
  }

  mutating func rename(_ path: String, to newPath: String) throws(Errno) {
    let file = try file(at: path)
    names[path] = nil
    names[newPath] = file
    nameChanges.append(.rename(from: path, to: newPath, file: file))
  }

  mutating func link(_ path: String, to newPath: String) throws(Errno) {
    let file = try file(at: path)
    guard names[newPath] == nil else { throw .fileExists }
    names[newPath] = file
    nameChanges.append(.set(name: newPath, file: file))
  }

  mutating func unlink(_ path: String) throws(Errno) {
    _ = try file(at: path)
    names[path] = nil
    nameChanges.append(.remove(name: path))
  }

  mutating func syncDirectory() {
    durableNames = names
    nameChanges = []
  }

  package mutating func fileNames(in directory: String) throws(Errno) -> [String] {
    if let listing, listing.directory == directory { return listing.names }
    guard directories.contains(directory) else {
      throw names[directory] == nil ? .noSuchFileOrDirectory : .notDirectory
    }
    let prefix = directory + "/"
    var found: [String] = []
    for path in names.keys where path.hasPrefix(prefix) {
      found.append(String(Substring(path.utf8.dropFirst(prefix.utf8.count))))
    }
    found.sort()
    listing = (directory, found)
    return found
  }

  /// What a crash may keep or lose, each for itself.
  package struct Unsynced: Sendable {
    /// (file, page number) of each page written and not synced.
    package var pages: [(file: Int, page: Int)] = []
    /// Files whose size was changed and not synced.
    package var byteCounts: [Int] = []
    package var nameChangeCount = 0

    package var count: Int { pages.count + byteCounts.count + nameChangeCount }
  }

  package var unsynced: Unsynced {
    var unsynced = Unsynced()
    for number in files.keys.sorted() {
      guard let file = files[number] else { continue }
      unsynced.pages += file.dirtyPages.keys.sorted().map { (number, $0) }
      if file.hasUnsyncedSize { unsynced.byteCounts.append(number) }
    }
    unsynced.nameChangeCount = nameChanges.count
    return unsynced
  }

  /// The disk after a crash.
  ///
  /// - Parameters:
  ///   - sectorsKept: of each unsynced page, which of its eight sectors reached the disk, a bit for each.
  ///   - keepsByteCount: whether the new size of a file did.
  ///   - keepsNameChange: whether a change of names did.
  package func afterCrash(
    sectorsKept: (_ file: Int, _ page: Int) -> UInt8, keepsByteCount: (_ file: Int) -> Bool,
    keepsNameChange: (_ number: Int) -> Bool
  ) -> SimulatedDisk {
    var disk = SimulatedDisk()
    disk.directories = directories
    disk.capacity = capacity
    disk.nextFile = nextFile
    var names = durableNames
    for (number, change) in nameChanges.enumerated() where keepsNameChange(number) {
      switch change {
      case .set(let name, let file): names[name] = file
      case .rename(let from, let to, let file):
        if names[from] == file { names[from] = nil }
        names[to] = file
      case .remove(let name): names[name] = nil
      }
    }
    disk.names = names
    disk.durableNames = names
    for number in Set(names.values).sorted() {
      guard let file = files[number] else { continue }
      disk.files[number] = file.afterCrash(keepsByteCount: keepsByteCount(number)) { sectorsKept(number, $0) }
    }
    return disk
  }

  /// The disk after a crash that kept nothing of what was not synced.
  package var afterPowerLoss: SimulatedDisk {
    afterCrash(sectorsKept: { _, _ in 0 }, keepsByteCount: { _ in false }, keepsNameChange: { _ in false })
  }

  /// The bytes of the file at `path`.
  package func contents(of path: String) -> [UInt8]? {
    guard let number = names[path], let file = files[number] else { return nil }
    return file.contents
  }

  /// Puts `bytes` in the place of the file at `path`, durably: damage, as no program of ours does it.
  package mutating func overwrite(_ path: String, with bytes: [UInt8]) {
    guard let number = names[path] else { return }
    let whole = files[number]
    files[number] = bytes.withUnsafeBytes { SimulatedFile($0, like: whole) }
  }

  /// Makes a file, durably, as no program of ours does it.
  package mutating func put(_ path: String, _ bytes: [UInt8]) {
    _ = create(path)
    overwrite(path, with: bytes)
    syncDirectory()
  }

  /// Removes a file, durably.
  package mutating func remove(_ path: String) {
    names[path] = nil
    syncDirectory()
  }

  /// Removes all index files, durably: the segments are then read when the store is opened.
  package mutating func removeIndexes() { for path in paths where path.hasSuffix(".index") { remove(path) } }

  package var paths: [String] { names.keys.sorted() }
}
