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

  /// - Parameter isUsable: asked about the one there is.
  func isFilled(_ isUsable: (ActiveSegment) -> Bool) -> Bool {
    lock.withLock { segment.map(isUsable) ?? false }
  }

  /// Makes a segment, unless there is one that is usable.
  ///
  /// - Parameter discard: of one that is not.
  func fill(
    if isUsable: (ActiveSegment) -> Bool, else discard: (ActiveSegment) throws(FileError) -> Void,
    with make: () throws(FileError) -> ActiveSegment
  ) throws(FileError) {
    try making.withLock { () throws(FileError) in
      if isFilled(isUsable) { return }
      if let unusable = take() { try discard(unusable) }
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
