internal import SystemPackage

/// The lock of a data directory: one process writes, or any number of offline tools read.
final class DirectoryLock: @unchecked Sendable {
  /// Holds the lock for as long as it is open; `nil` for a reader of a directory that no server ever opened.
  // SAFETY: set here, cleared once by the store's owner.
  private var file: File?

  private init(file: File?) { self.file = file }

  /// Gives the directory free for another process.
  func release() { file = nil }

  /// For the process that writes.
  static func exclusive(in directory: Directory) throws(StoreError) -> DirectoryLock {
    do throws(FileError) {
      let file = try directory.open(FileName.lock, .readWriteOrCreate)
      if try file.lock(exclusively: true) {
        try file.setByteCount(0)
        try file.write(Array("\(directory.platform.processID)\n".utf8), at: 0)
        return DirectoryLock(file: file)
      }
    } catch {
      throw .file(error)
    }
    throw inUse(directory, readOnly: false)
  }

  /// For offline tools, which make no file: where there is no lock, no server ever ran.
  static func shared(in directory: Directory) throws(StoreError) -> DirectoryLock {
    let file: File
    do { file = try directory.open(FileName.lock, .readOnly) } catch {
      if error.errno == .noSuchFileOrDirectory { return DirectoryLock(file: nil) }
      throw .file(error)
    }
    do throws(FileError) {
      if try file.lock(exclusively: false) { return DirectoryLock(file: file) }
    } catch {
      throw .file(error)
    }
    throw inUse(directory, readOnly: true)
  }

  private static func inUse(_ directory: Directory, readOnly: Bool) -> StoreError {
    var processID: Int32?
    // The message is worth having without the number too.
    if let bytes = try? directory.contents(of: FileName.lock, byteCountMax: 32) {
      let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      processID = Int32(String(decoding: digits, as: UTF8.self))
    }
    return .directoryInUse(path: directory.path, processID: processID, readOnly: readOnly)
  }
}
