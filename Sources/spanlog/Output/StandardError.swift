import Glibc

/// Where everything goes that is not data.
enum StandardError {
  /// Whether a person sees it as it comes.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Writes `text` and a line break.
  static func line(_ text: String) { write(text + "\n") }

  /// Writes a line in the middle of what may be drawing progress.
  static func notice(_ text: String) { line((isTerminal ? "\r\u{1b}[K" : "") + text) }

  /// Nothing can be done about text that nobody could be told of, so failures are left alone.
  static func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno != EINTR { return }
      bytes = bytes.dropFirst(max(count, 0))
    }
  }
}
