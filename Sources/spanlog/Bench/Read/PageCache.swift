import Glibc
import SpanEngine

/// What the kernel keeps of files in memory.
enum PageCache {
  /// Writes what is dirty of the files of `directory` and gives their pages away: reading meets the disk
  /// then.
  static func drop(filesOf directory: String) throws {
    for name in try LinuxPlatform().fileNames(in: directory) { try drop(file: "\(directory)/\(name)") }
  }

  private static func drop(file path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    // Dirty pages cannot be given away.
    guard fdatasync(descriptor) == 0 else { throw failure(path) }
    let code = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    guard code == 0 else { throw failure(path, code) }
  }

  private static func failure(_ path: String, _ code: CInt = errno) -> CommandFailure {
    CommandFailure(
      "cannot drop the page cache of \(path): \(String(cString: strerror(code))) (errno \(code))")
  }
}
