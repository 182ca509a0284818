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

  private mutating func copy(_ contents: DirectoryContents, _ identity: StoreIdentity) throws(FileError) {
    for name in contents.sealedNames { try linkOrCopy(name) }
    for file in contents.logFiles { try copy(file.name, byteCount: file.keptByteCount) }
    for name in contents.ledgerNames { try copy(name, byteCount: nil) }
    try target.sync()
    // From now on it is a data directory.
    try target.replace(FileName.identity, with: identity.encoded())
    copiedFileCount += 1
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
    let from = try source.open(name, .readOnly)
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
