package import Foundation

/// Reads a pipe to its end on a thread of its own, so that whoever writes into it never waits.
package final class DrainedPipe: @unchecked Sendable {
  private let condition = NSCondition()
  // SAFETY: the two below are only touched under `condition`.
  private var bytes = Data()
  private var isAtEnd = false

  package init(_ pipe: Pipe) {
    let handle = pipe.fileHandleForReading
    Thread.detachNewThread { [self] in
      while take(handle.availableData) {}
    }
  }

  private func take(_ more: Data) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    bytes += more
    isAtEnd = more.isEmpty
    condition.broadcast()
    return !isAtEnd
  }

  /// All that came; waits for the end.
  package var text: String {
    wait { isAtEnd }
  }

  /// What came so far; waits until `marker` is part of it, or for the end.
  package func text(with marker: String) -> String {
    wait { isAtEnd || bytes.range(of: Data(marker.utf8)) != nil }
  }

  private func wait(until isReached: () -> Bool) -> String {
    condition.lock()
    defer { condition.unlock() }
    while !isReached() { condition.wait() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
