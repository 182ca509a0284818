internal import SpanModel
internal import SpanWire
internal import SystemPackage

/// A copy of a data directory that is a data directory itself: of the same store, as it was at one moment.
///
/// Sealed segments never change, so both have the same files; log segments are copied as far as they are
/// valid. The identity comes last: a copy that was cut short is none that opens.
package struct StoreSnapshot: Sendable {
  package private(set) var linkedFileCount = 0
  package private(set) var copiedFileCount = 0
  package private(set) var copiedByteCount: UInt64 = 0
  /// What is damaged in the original, and so in the copy.
  package private(set) var damages: [Damage] = []

  private static let pieceByteCount = 1 << 20

  private let source: Directory
  private let target: Directory

  /// Copies a data directory that no process has open; changes nothing in it.
  ///
  /// - Parameter target: where to; new, or empty.
  package static func take(
    of path: String, into target: String, platform: any Platform = LinuxPlatform()
  ) throws(StoreError) -> StoreSnapshot {
    let opening = try StoreOpening.readOnly(path, platform: platform)
    defer { opening.lock.release() }
    let contents = try DirectoryContents(opening)
    var snapshot = StoreSnapshot(
      source: opening.directory, target: try EmptyDirectory(target, on: platform).directory)
    snapshot.damages = contents.damages
    do throws(FileError) { try snapshot.copy(contents, opening.identity) } catch { throw .file(error) }
    return snapshot
  }

  private init(source: Directory, target: Directory) {
    self.source = source
    self.target = target
  }

  /// Copies a store that is open, as it was when its segments were listed, or a little later.
  ///
  /// - Parameters:
  ///   - segments: all there were at one moment; they are held, so that no file of theirs is used again.
  ///   - reserve: left free on the disk.
  ///   - identity: asked for in the end, with numbers above all that were copied.
  static func take(
    of segments: (sealed: [SealedSegment], segments: [IndexedSegment]), in source: Directory,
    into path: String,
    _ control: MaintenanceControl, reserve: UInt64, identity: () -> StoreIdentity
  ) throws(StoreError) -> StoreSnapshot {
    // Files that remember how others ended are needed without frames, too.
    let logs = segments.segments.map(\.segment).filter { $0.hasFrames || !$0.header.tails.isEmpty }
    var snapshot = StoreSnapshot(
      source: source, target: try EmptyDirectory(path, on: source.platform).directory)
    snapshot.damages = logs.flatMap(\.damages)
    var progress = MaintenanceProgress(
      phase: .copying, doneByteCount: 0, totalByteCount: logs.reduce(0) { $0 + $1.readableEnd })
    try control.begin(.copying, of: progress.totalByteCount)
    do throws(FileError) {
      for segment in segments.sealed { try snapshot.linkOrCopy(segment) }
      try snapshot.target.requireSpace(progress.totalByteCount, reserve: reserve)
    } catch {
      throw .file(error)
    }
    for log in logs {
      do throws(FileError) { try snapshot.copy(log) } catch { throw .file(error) }
      progress.doneByteCount += log.readableEnd
      try control.tell(progress)
    }
    do throws(FileError) { try snapshot.finish(identity()) } catch { throw .file(error) }
    return snapshot
  }

  private mutating func linkOrCopy(_ segment: SealedSegment) throws(FileError) {
    do { try linkOrCopy(segment.name) } catch {
      // It lost its name since, and is open.
      guard error.errno == .noSuchFileOrDirectory else { throw error }
      try copy(segment.file, as: segment.name, byteCount: nil)
    }
  }

  /// Of a damaged file all, so that the damage is named in the copy, too.
  private mutating func copy(_ log: Segment) throws(FileError) {
    try copy(log.file, as: log.name, byteCount: log.damages.isEmpty ? log.readableEnd : nil)
  }

  private mutating func finish(_ identity: StoreIdentity) throws(FileError) {
    try target.sync()
    // From now on it is a data directory.
    try target.replace(FileName.identity, with: identity.encoded())
    copiedFileCount += 1
  }

  private mutating func copy(_ contents: DirectoryContents, _ identity: StoreIdentity) throws(FileError) {
    for name in contents.sealedNames { try linkOrCopy(name) }
    for file in contents.logFiles { try copy(file.name, byteCount: file.keptByteCount) }
    for name in contents.ledgerNames { try copy(name, byteCount: nil) }
    try finish(identity)
  }

  private mutating func linkOrCopy(_ name: String) throws(FileError) {
    do {
      try source.link(name, into: target)
      linkedFileCount += 1
    } catch {
      // Another file system, or one that knows no second names.
      let reasons: [Errno] = [.improperLink, .tooManyLinks, .notPermitted, .notSupported]
      guard reasons.contains(error.errno) else { throw error }
      try copy(name, byteCount: nil)
    }
  }

  /// - Parameter byteCount: all of the file when it is `nil`.
  private mutating func copy(_ name: String, byteCount: UInt64?) throws(FileError) {
    try copy(try source.open(name, .readOnly), as: name, byteCount: byteCount)
  }

  private mutating func copy(_ from: File, as name: String, byteCount: UInt64?) throws(FileError) {
    let to = try target.open(name, .createNew)
    let end = min(try from.byteCount(), byteCount ?? .max)
    var position: UInt64 = 0
    while position < end {
      let piece = try from.read(Int(min(UInt64(Self.pieceByteCount), end - position)), at: position)
      guard !piece.isEmpty else { break }
      try to.write(piece, at: position)
      position += UInt64(piece.count)
    }
    try to.sync()
    copiedFileCount += 1
    copiedByteCount += position
  }
}
