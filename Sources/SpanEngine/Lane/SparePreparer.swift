/// The thread that makes the next file of a lane while the present one fills, so that rolling waits for no zeroes.
final class SparePreparer: @unchecked Sendable {
  private static let retryDelay = Duration.seconds(1)

  private enum State { case idle, wanted, stopping }

  private let lane: Lane
  private let context: LaneContext
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var state = State.idle
  // SAFETY: set in `start`; taken in `stop`, which the lane's thread calls at its end and the owner after that.
  private var thread: WorkerThread?

  init(_ lane: Lane, _ context: LaneContext) {
    self.lane = lane
    self.context = context
  }

  func start() {
    // The lane's first file is its own to make: it remembers what recovery found.
    if lane.isOpen { prepareSoon() }
    // SAFETY: of the lane, this thread calls only `prepareSpare`, which may run beside the rest.
    thread = WorkerThread(name: "prepare-\(lane.number)") { self.run() }
  }

  /// Has the next file made, unless there is one.
  func prepareSoon() {
    if lane.spareIsPrepared { return }
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

  private func run() {
    while waitUntilWanted() {
      do { try lane.prepareSpare() } catch {
        // Not yet an error of anybody's: the lane tries itself when it needs the file, and says what is wrong. Not
        // at once again, or a full disk would be filled up and emptied without an end.
        lock.withLock { if state == .wanted { lock.wait(atMost: Self.retryDelay) } }
      }
      lock.withLock { if state == .wanted { state = .idle } }
    }
  }

  private func waitUntilWanted() -> Bool {
    lock.withLock {
      while state == .idle { lock.wait() }
      return state == .wanted
    }
  }
}
