/// The thread that does for a lane what a commit must not wait for: it makes the next file while the present
/// one fills, which may mean to retire old ones, and writes the indexes of full ones.
final class UpkeepThread: @unchecked Sendable {
  private static let retryDelay = Duration.seconds(1)

  private enum State { case idle, wanted, stopping }

  private let lane: Lane
  private let indexes: IndexBacklog
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var state = State.idle
  // SAFETY: set in `start`; taken in `stop`, which the lane's thread calls at its end and the owner after
  // that.
  private var thread: WorkerThread?

  init(_ lane: Lane, _ indexes: IndexBacklog) {
    self.lane = lane
    self.indexes = indexes
  }

  func start() {
    // The lane's first file is its own to make: it remembers what recovery found.
    if lane.isOpen { runSoon() }
    // SAFETY: of the lane, this thread calls only `prepareSpare`, which may run beside the rest.
    thread = WorkerThread(name: "upkeep-\(lane.number)") { self.run() }
  }

  /// Has a round done, unless the next file is there: one is taken with each roll.
  func runSoon() {
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
        // Not yet an error of anybody's: the lane tries itself when it needs the file, and says what is
        // wrong. Not at once again, or a full disk would be filled up and emptied without an end.
        lock.withLock { if state == .wanted { lock.wait(atMost: Self.retryDelay) } }
      }
      indexes.write()
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
