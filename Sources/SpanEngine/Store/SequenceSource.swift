internal import SpanModel
internal import SpanWire

/// Gives away the store's numbers, each once, and keeps the identity file ahead of them.
final class SequenceSource: @unchecked Sendable {
  /// How far the identity file is ahead: a process that dies wastes as many. Renewed when a new segment
  /// begins and half of the records, far more than it can hold, or all of the segments are given away.
  private static let reservedRecordCount: UInt64 = 1 << 32
  private static let reservedSegmentCount: UInt64 = 1 << 10

  private let directory: Directory
  private let lock = Lock()
  // SAFETY: the three below are only touched under `lock`.
  private var identity: StoreIdentity
  private var nextSequence: RecordSequence
  private var nextSegment: SegmentSequence

  /// - Parameter identity: as in its file; its numbers are the next to be given away.
  init(_ identity: StoreIdentity, in directory: Directory) {
    self.identity = identity
    self.directory = directory
    nextSequence = identity.nextSequence
    nextSegment = identity.nextSegment
  }

  /// The first of `count` record sequences.
  func takeRecords(_ count: Int) -> RecordSequence {
    lock.withLock {
      let first = nextSequence
      nextSequence = RecordSequence(first.rawValue + UInt64(count))
      precondition(nextSequence <= identity.nextSequence, "record sequences were given away unreserved")
      return first
    }
  }

  /// As in its file: with numbers above all that were given away.
  var reserved: StoreIdentity { lock.withLock { identity } }

  /// No record gets a lower sequence from now on.
  var nextRecord: RecordSequence { lock.withLock { nextSequence } }

  /// The sequence of a new segment; reserves what its records will need.
  func takeSegment() throws(FileError) -> SegmentSequence {
    try lock.withLock { () throws(FileError) in
      let taken = nextSegment
      let following = SegmentSequence(taken.rawValue + 1)
      let needsRecords = nextSequence.rawValue + Self.reservedRecordCount / 2 > identity.nextSequence.rawValue
      if needsRecords || following > identity.nextSegment {
        var renewed = identity
        renewed.nextSequence = RecordSequence(nextSequence.rawValue + Self.reservedRecordCount)
        renewed.nextSegment = SegmentSequence(following.rawValue + Self.reservedSegmentCount)
        try directory.replace(FileName.identity, with: renewed.encoded())
        identity = renewed
      }
      nextSegment = following
      return taken
    }
  }

  /// Gives back what was reserved and not used; the store is being closed.
  func close() throws(FileError) {
    try lock.withLock { () throws(FileError) in
      identity.nextSequence = nextSequence
      identity.nextSegment = nextSegment
      try directory.replace(FileName.identity, with: identity.encoded())
    }
  }
}
