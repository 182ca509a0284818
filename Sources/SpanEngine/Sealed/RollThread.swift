internal import SpanModel

/// The thread that rolls, and what bounds how much waits for it.
final class RollThread: @unchecked Sendable {
  /// How long after a failure it is tried again.
  private static let retryDelay = Duration.seconds(1)
  /// Full segments that may wait for each lane: less than this is no debt but a burst.
  private static let waitingCountMax = 6

  private enum State { case idle, wanted, stopping }

  private let roller: Roller
  private let segments: SegmentList
  private let laneCount: Int
  /// Told when there is one more sealed segment.
  private let compaction: CompactionThread?
  private let lock = Lock()
  // SAFETY: the two below are only touched under `lock`.
  private var state = State.wanted
  /// Why nothing is sealed now.
  private var failure: FileError?
  // SAFETY: set in `start`, before a lane has a thread; taken in `stop`, when none has one any more.
  private var thread: WorkerThread?

  init(_ roller: Roller, _ segments: SegmentList, laneCount: Int, compaction: CompactionThread?) {
    self.roller = roller
    self.segments = segments
    self.laneCount = laneCount
    self.compaction = compaction
  }

  func start() { thread = WorkerThread(name: "roll") { self.run() } }

  /// There may be something to seal.
  func runSoon() {
    lock.withLock {
      guard state == .idle else { return }
      state = .wanted
      lock.signal()
    }
  }

  func stop() {
    lock.withLock {
      state = .stopping
      lock.signal()
    }
    thread?.join()
    thread = nil
  }

  /// Waits while as many full segments are unsealed as may be: senders are slowed down to what can be sealed.
  ///
  /// - Throws: want of space, when it is that which keeps segments from being sealed.
  func waitForRoom() throws(FileError) {
    while thread != nil, waitingCount >= Self.waitingCountMax * laneCount {
      let cause = lock.withLock { failure }
      if let cause, cause.isWantOfSpace { throw cause }
      // Any other failure is one of reading or writing that file: what comes is as safe unsealed.
      if cause != nil { return }
      runSoon()
      lock.withLock { lock.wait(atMost: .milliseconds(5)) }
    }
  }

  /// Whether one more full segment makes no lane wait.
  var hasRoom: Bool { waitingCount + 1 < Self.waitingCountMax * laneCount }

  private var waitingCount: Int { segments.snapshot().count { Roller.isSealable($0.segment) } }

  private func run() {
    while waitUntilWanted() {
      do throws(FileError) {
        while try roller.sealNext() {
          compaction?.runSoon()
          let isStopping = lock.withLock {
            failure = nil
            lock.signal()
            return state == .stopping
          }
          if isStopping { return }
        }
      } catch {
        lock.withLock {
          failure = error
          if state != .stopping { lock.wait(atMost: Self.retryDelay) }
          if state == .idle { state = .wanted }
        }
      }
    }
  }

  private func waitUntilWanted() -> Bool {
    lock.withLock {
      while state == .idle { lock.wait() }
      guard state == .wanted else { return false }
      // Before the work: what becomes full meanwhile is looked for once more.
      state = .idle
      return true
    }
  }
}
