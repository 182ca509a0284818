import Glibc
import Logging

/// How many files and sockets the process may have open.
///
/// The soft limit is low for the sake of programs that use `select`; this one does not. Each segment and each
/// connection takes one.
enum OpenFileLimit {
  /// Raises the soft limit to the hard one, `getrlimit(2)`; when that fails, says so and leaves it.
  static func raise(_ logger: Logger) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    guard limit.rlim_cur < limit.rlim_max else { return }
    let soft = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 else { return }
    logger.warning(
      "cannot raise the limit of open files from \(soft): \(String(cString: strerror(errno))) (errno \(errno))"
    )
  }
}
