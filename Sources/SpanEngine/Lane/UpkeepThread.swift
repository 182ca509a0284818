/// The thread that does for a lane what a commit must not wait for: it makes the next file while the present
/// one fills, which may mean to retire old ones, and writes the indexes of full ones. That of the first lane
/// also retires what is too old.
final class UpkeepThread: @unchecked Sendable {
  private static let retryDelay = Duration.seconds(1)

  private enum State { case idle, wanted, stopping }

  private let lane: Lane
  private let retention: Retention
  /// How often it is looked for what is too old; `nil` when another lane's does, or nothing is too old.
  private let retirementInterval: Duration?
  private let indexes: IndexBacklog
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var state = State.idle
  // SAFETY: set in `start`; taken in `stop`, which the lane's thread calls at its end and the owner after
  // that.
  private var thread: WorkerThread?

  init(_ lane: Lane, _ context: LaneContext) {
    self.lane = lane
    indexes = context.indexes
    retention = context.retention
    retirementInterval = lane.number == 0 ? context.options.retainAge.map(Self.interval) : nil
  }

  /// Often enough that nothing lives on much longer, and a minute is not much.
  private static func interval(_ retainAge: Duration) -> Duration {
    min(max(retainAge / 32, .milliseconds(100)), .seconds(60))
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
    while let wanted = waitUntilDue() {
      if retirementInterval != nil { retention.retireOldOrTell() }
      guard wanted == .files else { continue }
      do { try lane.prepareSpare() } catch {
        // Not yet an error of anybody's: the lane tries itself when it needs the file, and says what is
        // wrong. Not at once again, or a full disk would be filled up and emptied without an end.
        lock.withLock { if state == .wanted { lock.wait(atMost: Self.retryDelay) } }
      }
      indexes.write()
      lock.withLock { if state == .wanted { state = .idle } }
    }
  }

  private enum Due { case files, retirement }

  /// - Returns: `nil` when it is to end.
  private func waitUntilDue() -> Due? {
    lock.withLock {
      if state == .idle, let retirementInterval {
        lock.wait(atMost: retirementInterval)
      } else {
        while state == .idle { lock.wait() }
      }
      return switch state {
      case .idle: .retirement
      case .wanted: .files
      case .stopping: nil
      }
    }
  }
}
