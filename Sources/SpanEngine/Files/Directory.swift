internal import SystemPackage

/// The data directory: names in it, and how files get and lose theirs.
package struct Directory: Sendable {
  package let path: String
  package let platform: any Platform
  /// Names that are shown in the place of those under which files stand.
  private var standIns: [String: String] = [:]
  private var hiddenNames: Set<String> = []

  package init(_ path: String, on platform: any Platform) {
    self.path = path
    self.platform = platform
  }

  package func path(of name: String) -> String { path + "/" + (standIns[name] ?? name) }

  /// The same directory for who only reads, as it will be once a writer has put some names right.
  ///
  /// - Parameters:
  ///   - names: of files as they are to be found, and as they are on the disk.
  ///   - hidden: names that will be gone.
  func showing(_ names: [String: String], hiding hidden: Set<String>) -> Directory {
    var shown = self
    shown.standIns = names
    shown.hiddenNames = hidden
    return shown
  }

  package func open(_ name: String, _ mode: OpenMode) throws(FileError) -> File {
    try File(path(of: name), mode, on: platform)
  }

  package func fileNames() throws(FileError) -> [String] {
    let names = try storedFileNames()
    if standIns.isEmpty, hiddenNames.isEmpty { return names }
    let standing = Set(standIns.values)
    return names.filter { !hiddenNames.contains($0) && !standing.contains($0) } + standIns.keys
  }

  /// Whether a file is shown under another name than this, which it has.
  func hasStandIn(_ name: String) -> Bool { standIns.values.contains(name) }

  /// Names as they are on the disk.
  func storedFileNames() throws(FileError) -> [String] {
    do { return try platform.fileNames(in: path) } catch { throw FileError("list", path, error) }
  }

  package func rename(_ name: String, to newName: String) throws(FileError) {
    do { try platform.rename(path(of: name), to: path(of: newName)) } catch {
      throw FileError("rename", path(of: name), error)
    }
  }

  /// Gives the file `name` a name in another directory, too.
  package func link(_ name: String, into other: Directory) throws(FileError) {
    do { try platform.link(path(of: name), to: other.path(of: name)) } catch {
      throw FileError("link", path(of: name), error)
    }
  }

  package func unlink(_ name: String) throws(FileError) {
    do { try platform.unlink(path(of: name)) } catch { throw FileError("unlink", path(of: name), error) }
  }

  package func unlinkIfThere(_ name: String) throws(FileError) {
    do { try unlink(name) } catch {
      if error.errno != .noSuchFileOrDirectory { throw error }
    }
  }

  package func sync() throws(FileError) {
    do { try platform.syncDirectory(path) } catch { throw FileError("sync directory", path, error) }
  }

  /// Syncs for one who only reads.
  package func syncWherePossible() throws(FileError) {
    do { try sync() } catch { if !error.isNothingToSync { throw error } }
  }

  /// Refuses to take `byteCount` bytes when less than `reserve` would be left for what must go on on a full
  /// disk.
  ///
  /// - Throws: want of space, as the file system itself would report it.
  package func requireSpace(_ byteCount: UInt64, reserve: UInt64) throws(FileError) {
    let free: UInt64
    do { free = try platform.freeByteCount(in: path) } catch {
      throw FileError("ask for free space in", path, error)
    }
    guard free >= byteCount, free - byteCount >= reserve else {
      throw FileError("take \(byteCount) bytes and leave \(reserve) in", path, .noSpace)
    }
  }

  package func createZeroed(_ name: String, byteCount: UInt64) throws(FileError) {
    do { try platform.createZeroed(path(of: name), byteCount: byteCount) } catch {
      throw FileError("write zeroes to", path(of: name), error)
    }
  }

  /// Puts `bytes` into the file `name` so that a crash leaves either all of them or what was there before.
  package func replace(_ name: String, with bytes: [UInt8]) throws(FileError) {
    let temporaryName = name + FileName.temporarySuffix
    do {
      let file = try open(temporaryName, .readWriteOrCreate)
      try file.setByteCount(0)
      try file.write(bytes, at: 0)
      try file.sync()
    }
    try rename(temporaryName, to: name)
    try sync()
  }

  /// All of a small file.
  ///
  /// - Returns: `nil` when there is no such file.
  package func contents(of name: String, byteCountMax: Int) throws(FileError) -> [UInt8]? {
    let file: File
    do { file = try open(name, .readOnly) } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw error
    }
    return try file.read(Int(min(try file.byteCount(), UInt64(byteCountMax))), at: 0)
  }
}
