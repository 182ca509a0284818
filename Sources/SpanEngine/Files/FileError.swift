package import SystemPackage

/// A call on a file that failed: what was tried, where, and why.
package struct FileError: Error, Equatable, Sendable {
  /// In the infinitive: "write", "sync".
  package let operation: String
  package let path: String
  package let errno: Errno

  package init(_ operation: String, _ path: String, _ errno: Errno) {
    self.operation = operation
    self.path = path
    self.errno = errno
  }

  /// Whether the device could not read what it holds: of these bytes nothing is known, of others all.
  package var isUnreadable: Bool { errno == .ioError }
  /// What is said of such bytes.
  package static let unreadableReason = "the device reports an input/output error"

  /// Whether a sync failed because the file system is one that is only read, or knows no syncs.
  var isNothingToSync: Bool { errno == .readOnlyFileSystem || errno == .invalidArgument }

  /// Whether there was no room: not a fault of the device, and over when room is made.
  package var isWantOfSpace: Bool { errno == .noSpace || errno == .diskQuotaExceeded }
}

extension FileError: CustomStringConvertible {
  package var description: String {
    let remedy =
      switch errno {
      case .noSpace: "; free some space on this file system"
      case .noSuchFileOrDirectory: "; make the directory above it, or name another one"
      case .permissionDenied: "; check who owns it and under which user this runs"
      case .tooManyOpenFiles: "; raise the limit of open files (ulimit -n)"
      case .readOnlyFileSystem: "; mount it for writing or name another directory"
      default: ""
      }
    return "cannot \(operation) \(path): \(errno) (errno \(errno.rawValue))\(remedy)"
  }
}
