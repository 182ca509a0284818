internal import SystemPackage

/// A directory that is to be filled: new, or there and empty.
struct EmptyDirectory {
  let directory: Directory

  /// - Throws: when there is something in it.
  init(_ path: String, on platform: any Platform) throws(StoreError) {
    directory = Directory(path, on: platform)
    var isNew = true
    do { try platform.makeDirectory(path) } catch {
      guard error == .fileExists else { throw .file(FileError("make directory", path, error)) }
      isNew = false
    }
    let names: [String]
    do { names = try directory.fileNames() } catch {
      guard error.errno == .notDirectory else { throw .file(error) }
      throw .unusable(path: path, reason: "it is a file; name a directory")
    }
    guard names.isEmpty else {
      throw .unusable(path: path, reason: "it is not empty; name a directory that is new or empty")
    }
    do { try StoreOpening.syncParent(of: directory, isNew: isNew) } catch { throw .file(error) }
  }
}
