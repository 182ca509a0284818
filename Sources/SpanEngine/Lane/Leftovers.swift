internal import SpanModel

/// Files that an earlier process left and that are of no use any more: active ones in which nothing was ever
/// stored.
///
/// They go away only when every lane has a file of its own, because until then they may be the only ones that
/// remember where others ended.
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
