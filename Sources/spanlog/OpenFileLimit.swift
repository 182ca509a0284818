import Glibc

/// How many files and sockets the process may have open.
///
/// The soft limit is low for the sake of programs that use `select`; this one does not. A full segment takes
/// two, one of them for its index, an active one and a connection one each.
enum OpenFileLimit {
  private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

  /// Raises the soft limit to the hard one, `getrlimit(2)`; when that fails, says so and leaves it.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    let soft = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    guard setrlimit(resource, &limit) != 0 else { return }
    StandardError.line(
      "Warning: cannot raise the limit of open files from \(soft): \(String(cString: strerror(errno))) "
        + "(errno \(errno))")
  }

  /// What the process may have open now.
  static var current: Int {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return .max }
    return Int(clamping: limit.rlim_cur)
  }

  /// Connections a server may take, at most `wanted`: half of what the segments that are there leave. The
  /// other half is for segments to come, which must not find that clients have taken all; and a socket that
  /// waits to be accepted and cannot be would keep the server busy with nothing else.
  static func connectionCount(wanted: Int, limit: Int, segmentCount: Int) -> Int {
    let free = limit - 2 * min(segmentCount, limit / 2)
    return max(1, min(wanted, free / 2))
  }
}
