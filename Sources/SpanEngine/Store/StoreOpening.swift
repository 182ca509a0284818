internal import SpanModel
internal import SpanWire
internal import SystemPackage

/// A data directory that was found or made, locked, and identified.
struct StoreOpening {
  let directory: Directory
  let lock: DirectoryLock
  let identity: StoreIdentity
  /// Of sets of sealed segments; who opens for writing is done with these.
  private(set) var setDamages: [Damage] = []

  static func writable(_ options: StoreOptions, platform: any Platform) throws(StoreError) -> StoreOpening {
    try check(options)
    let directory = Directory(options.directory, on: platform)
    var isNew = true
    do { try platform.makeDirectory(directory.path) } catch {
      guard error == .fileExists else { throw .file(FileError("make directory", directory.path, error)) }
      isNew = false
    }
    _ = try names(in: directory)
    let lock = try DirectoryLock.exclusive(in: directory)
    // Before temporary names go: what is committed may have some.
    let sets = try FoundSets(in: directory)
    do throws(FileError) { try sets.finish(in: directory) } catch { throw .file(error) }
    // Again: until the lock was taken another process may have made and removed files.
    let names = try names(in: directory)
    do throws(FileError) {
      for name in names where FileName.isTemporary(name) { try directory.unlink(name) }
      try syncParent(of: directory, isNew: isNew)
    } catch {
      throw .file(error)
    }
    if let identity = try identity(in: directory) {
      return StoreOpening(directory: directory, lock: lock, identity: identity, setDamages: sets.damages)
    }
    return StoreOpening(
      directory: directory, lock: lock, identity: try makeIdentity(in: directory, names: names))
  }

  static func readOnly(_ path: String, platform: any Platform) throws(StoreError) -> StoreOpening {
    let directory = Directory(path, on: platform)
    _ = try names(in: directory)
    let lock = try DirectoryLock.shared(in: directory)
    let names = try names(in: directory)
    guard let identity = try identity(in: directory) else {
      if let segment = names.first(where: { FileName.parseActive($0) != nil }) {
        throw missingIdentity(directory, segment)
      }
      throw .unusable(path: path, reason: "it has no file \(FileName.identity), so it is no data directory")
    }
    let sets = try FoundSets(in: directory)
    return StoreOpening(
      directory: sets.shown(directory), lock: lock, identity: identity, setDamages: sets.damages)
  }

  private static func check(_ options: StoreOptions) throws(StoreError) {
    let byteCount = options.segmentByteCount
    guard byteCount >= StoreOptions.segmentByteCountMin, byteCount % 4096 == 0, byteCount <= 16 << 30 else {
      throw .unusable(
        path: options.directory,
        reason: "segments of \(byteCount) bytes: a multiple of 4096 from \(StoreOptions.segmentByteCountMin) "
          + "to \(16 << 30) is needed")
    }
    guard (1...StoreOptions.laneCountMax).contains(options.laneCount) else {
      throw .unusable(
        path: options.directory,
        reason: "\(options.laneCount) lanes: from 1 to \(StoreOptions.laneCountMax) are possible")
    }
    if let retained = options.retainByteCount, retained < options.retainByteCountMin {
      throw .unusable(
        path: options.directory,
        reason: "\(retained) bytes are too few to retain: \(options.laneCount) lanes with segments of "
          + "\(byteCount) bytes need \(options.retainByteCountMin)")
    }
  }

  private static func names(in directory: Directory) throws(StoreError) -> [String] {
    do { return try directory.fileNames() } catch {
      switch error.errno {
      case .notDirectory: throw .unusable(path: directory.path, reason: "it is a file; name a directory")
      case .noSuchFileOrDirectory: throw .unusable(path: directory.path, reason: "there is no such directory")
      default: throw .file(error)
      }
    }
  }

  /// Makes the directory's own name durable: this process may have made it, or one that was killed.
  static func syncParent(of directory: Directory, isNew: Bool) throws(FileError) {
    let components = directory.path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
    let prefix = directory.path.hasPrefix("/") ? "/" : ""
    let parent = prefix + components.joined(separator: "/")
    do { try Directory(parent.isEmpty ? "." : parent, on: directory.platform).sync() } catch {
      // A parent that may be entered and not listed cannot be opened: whoever made the directory there has
      // other rights.
      guard !isNew, error.errno == .permissionDenied else { throw error }
    }
  }

  private static func identity(in directory: Directory) throws(StoreError) -> StoreIdentity? {
    let bytes: [UInt8]?
    do {
      bytes = try directory.contents(of: FileName.identity, byteCountMax: StoreIdentity.fileByteCount)
    } catch {
      throw .file(error)
    }
    guard let bytes else { return nil }
    let decoded: Result<StoreIdentity, FormatError> = bytes.withUnsafeBytes { bytes in
      do throws(FormatError) { return .success(try StoreIdentity(decoding: bytes)) } catch {
        return .failure(error)
      }
    }
    do { return try decoded.get() } catch {
      let path = directory.path(of: FileName.identity)
      if case .version = error { throw .unusable(path: path, reason: error.description) }
      throw .unusable(path: path, reason: "both its copies are damaged (\(error)); put it back from a copy")
    }
  }

  private static func missingIdentity(_ directory: Directory, _ segment: String) -> StoreError {
    .unusable(
      path: directory.path,
      reason:
        "\(FileName.identity) is missing though there are segments (\(segment)); put it back from a copy")
  }

  /// A copy of the identity that is not whole, while the other one is.
  func identityDamage() throws(FileError) -> Damage? {
    let bytes = try directory.contents(of: FileName.identity, byteCountMax: StoreIdentity.fileByteCount + 1)
    guard let bytes, bytes != identity.encoded() else { return nil }
    return Damage(
      file: FileName.identity, position: 0, byteCount: UInt64(bytes.count), extent: .nothing,
      reason: "one of its two copies is not what was written")
  }

  private static func makeIdentity(in directory: Directory, names: [String]) throws(StoreError)
    -> StoreIdentity
  {
    if let segment = names.first(where: { FileName.parseActive($0) != nil }) {
      // A new identity would make every segment a stranger's.
      throw missingIdentity(directory, segment)
    }
    let platform = directory.platform
    let identity = StoreIdentity(
      storeID: StoreID(high: platform.random(), low: platform.random()),
      hashKey: HashKey(high: platform.random(), low: platform.random()), created: platform.now(),
      nextSequence: RecordSequence(1), nextSegment: SegmentSequence(1))
    do { try directory.replace(FileName.identity, with: identity.encoded()) } catch { throw .file(error) }
    return identity
  }
}
