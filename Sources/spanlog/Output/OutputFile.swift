import Glibc

/// Files that a command writes besides its output.
enum OutputFile {
  /// Writes a file, in place of one that is there.
  ///
  /// - Parameter isSynced: whether it is on stable storage when this returns.
  static func write(_ bytes: [UInt8], to path: String, isSynced: Bool = false) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    let output = StandardOutput(descriptor: descriptor)
    do throws(OutputError) {
      try output.write(bytes)
      try output.flush()
    } catch {
      throw CommandFailure("cannot write \(path): \(error)")
    }
    if isSynced { guard fsync(descriptor) == 0 else { throw failure(path) } }
  }

  private static func failure(_ path: String) -> CommandFailure {
    CommandFailure("cannot write \(path): \(String(cString: strerror(errno))) (errno \(errno))")
  }
}

extension OutputFile {
  /// Writes a file so that whatever happens there is the old one or the new one, whole.
  static func replace(_ path: String, with bytes: [UInt8]) throws {
    let temporary = path + ".tmp"
    try write(bytes, to: temporary, isSynced: true)
    guard rename(temporary, path) == 0 else { throw failure(path) }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    try sync(directory: parts.isEmpty ? "." : parts.joined(separator: "/") + "/")
  }

  private static func sync(directory: String) throws {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(directory) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(directory) }
  }
}
