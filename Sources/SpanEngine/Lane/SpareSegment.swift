/// The place for one prepared segment, between the thread that prepares and the lane that rolls to it.
///
/// One file is in the making at a time: a lane that needs one while the other thread makes it waits for that
/// one. So a file a lane goes on in always has a higher sequence than those before it, which recovery relies
/// on.
final class SpareSegment: @unchecked Sendable {
  private let making = Lock()
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var segment: ActiveSegment?

  var isFilled: Bool { lock.withLock { segment != nil } }

  /// Makes a segment, unless there is one.
  func fill(_ make: () throws(FileError) -> ActiveSegment) throws(FileError) {
    try making.withLock { () throws(FileError) in
      if isFilled { return }
      let made = try make()
      lock.withLock { segment = made }
    }
  }

  /// The prepared segment; makes one when there is none.
  func takeOrMake(_ make: () throws(FileError) -> ActiveSegment) throws(FileError) -> ActiveSegment {
    try making.withLock { () throws(FileError) in
      if let prepared = take() { return prepared }
      return try make()
    }
  }

  func take() -> ActiveSegment? {
    lock.withLock {
      defer { segment = nil }
      return segment
    }
  }
}
