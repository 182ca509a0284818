import Glibc

/// The terminal that standard output goes to.
enum Terminal {
  /// What is drawn for a file or a pipe.
  static let columnCountDefault = 100

  /// Its width: as the terminal says, else as `COLUMNS` says, else 100.
  static var columnCount: Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 { return Int(size.ws_col) }
    return getenv("COLUMNS").flatMap { Int(String(cString: $0)) } ?? columnCountDefault
  }
}
