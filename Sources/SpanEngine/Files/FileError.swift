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
