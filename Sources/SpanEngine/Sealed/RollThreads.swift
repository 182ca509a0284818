internal import SpanModel

/// The threads that roll, and what bounds how much waits for them.
///
/// Two are faster than one even where they share a processor with everything else: one waits for the disk
/// while the other encodes.
final class RollThreads: @unchecked Sendable {
  /// How long after a failure it is tried again.
  private static let retryDelay = Duration.seconds(1)
  /// How long memory is kept for the next segment.
  private static let keptDuration = Duration.seconds(5)
  /// Full segments that may wait for each lane: less than this is no debt but a burst.
  private static let waitingCountMax = 6

  private struct State {
    /// How often somebody said that there may be something to seal.
    var wishCount = 1
    var isStopping = false
    /// Why nothing is sealed now.
    var failure: FileError?
  }

  private let roller: Roller
  private let segments: SegmentList
  private let threadCount: Int
  private let laneCount: Int
  /// Told when there is one more sealed segment.
  private let compaction: CompactionThread?
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var state = State()
  // SAFETY: set in `start`, before a lane has a thread; taken in `stop`, when none has one any more.
  private var threads: [WorkerThread] = []

  init(
    _ roller: Roller, _ segments: SegmentList, threadCount: Int, laneCount: Int, compaction: CompactionThread?
  ) {
    self.roller = roller
    self.segments = segments
    self.threadCount = threadCount
    self.laneCount = laneCount
    self.compaction = compaction
  }

  func start() {
    threads = (0..<threadCount).map { number in WorkerThread(name: "roll-\(number)") { self.run() } }
  }

  /// There may be something to seal.
  func runSoon() {
    lock.withLock {
      state.wishCount += 1
      lock.signal()
    }
  }

  func stop() {
    lock.withLock {
      state.isStopping = true
      lock.signal()
    }
    for thread in threads { thread.join() }
    threads = []
  }

  /// Waits while as many full segments are unsealed as may be: senders are slowed down to what can be sealed.
  ///
  /// - Throws: want of space, when it is that which keeps segments from being sealed.
  func waitForRoom() throws(FileError) {
    while !threads.isEmpty, waitingCount >= Self.waitingCountMax * laneCount {
      let cause = lock.withLock { state.failure }
      if let cause, cause.isWantOfSpace { throw cause }
      // Any other failure is one of reading or writing that file: what comes is as safe unsealed.
      if cause != nil { return }
      lock.withLock { _ = lock.wait(atMost: .milliseconds(5)) }
    }
  }

  /// Whether one more full segment makes no lane wait: none does for threads that are not there.
  var hasRoom: Bool { threads.isEmpty || waitingCount + 1 < Self.waitingCountMax * laneCount }

  /// Full segments that wait to be sealed, those that are being sealed among them.
  var waitingCount: Int { segments.snapshot().count { Roller.isSealable($0.segment) } }

  private func run() {
    let memory = roller.makeMemory()
    var seen = 0
    while wait(forWishBehind: &seen, keeping: memory) {
      do throws(FileError) {
        while try roller.sealNext(in: memory) {
          compaction?.runSoon()
          let isStopping = lock.withLock {
            state.failure = nil
            lock.signal()
            return state.isStopping
          }
          if isStopping { return }
        }
      } catch {
        lock.withLock {
          state.failure = error
          if !state.isStopping { lock.wait(atMost: Self.retryDelay) }
        }
        // Wished for or not: what failed is still to be done.
        seen = 0
      }
    }
  }

  /// - Parameter seen: the wishes that were there when this last returned.
  /// - Returns: `false` when it is to end.
  private func wait(forWishBehind seen: inout Int, keeping memory: SealMemory) -> Bool {
    lock.withLock {
      while state.wishCount == seen, !state.isStopping {
        if !lock.wait(atMost: Self.keptDuration) { memory.release() }
      }
      // Before the work: what becomes full meanwhile is looked for once more.
      seen = state.wishCount
      return !state.isStopping
    }
  }
}
