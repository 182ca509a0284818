internal import SpanModel

/// Active files that an earlier process left, in which nothing was ever stored, but whose headers remember
/// where others ended.
///
/// They go away only when every lane has a file of its own, which then remembers it.
final class Leftovers: @unchecked Sendable {
  private let directory: Directory
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var names: [String]
  private var lanesToOpen: Int

  init(_ names: [String], laneCount: Int, in directory: Directory) {
    self.names = names
    self.directory = directory
    lanesToOpen = laneCount
  }

  /// A lane has its first file.
  func laneOpened() throws(FileError) {
    try lock.withLock { () throws(FileError) in
      lanesToOpen -= 1
      guard lanesToOpen <= 0, !names.isEmpty else { return }
      for name in names { try directory.unlink(name) }
      try directory.sync()
      names = []
    }
  }
}
