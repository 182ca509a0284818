internal import SpanModel

/// The thread that steps a lane: it takes what has gathered, has it committed, and tells the senders.
///
/// There are no timers on the way: the next frame is whatever gathered during the last sync, so it is small
/// and quick when little comes and large when much does.
final class Committer: @unchecked Sendable {
  /// How long after telling of a refusal for one request's own size the next is told.
  private static let refusalInterval: UInt64 = 60_000_000_000
  private static let rollPatienceMax = Duration.seconds(60)
  private static let rollRetryDelay = Duration.seconds(1)
  private static let wantedRollRetryDelay = Duration.milliseconds(20)

  private let lane: Lane
  private let queue: CommitQueue
  private let context: LaneContext
  private let upkeep: UpkeepThread
  // SAFETY: set in `start`, read in `join`, both by the store's owner.
  private var thread: WorkerThread?
  // SAFETY: only touched by the lane's thread.
  private var lastSync = Timestamp(nanoseconds: 0)
  // SAFETY: only touched by the lane's thread.
  private var isOutOfSpace = false
  // SAFETY: only touched by the lane's thread.
  private var lastRefusalOfOne: Timestamp?

  init(_ lane: Lane, _ queue: CommitQueue, _ context: LaneContext) {
    self.lane = lane
    self.queue = queue
    self.context = context
    upkeep = UpkeepThread(lane, context)
  }

  func start() {
    upkeep.start()
    // SAFETY: from here on the lane is stepped by this thread alone.
    thread = WorkerThread(name: "commit-\(lane.number)") { self.run() }
  }

  /// Waits until everything submitted before the queue was closed is written.
  func join() {
    thread?.join()
    upkeep.stop()
  }

  /// Has the lane's segment be full soon, if there is a record in it.
  func rollSoon() {
    lane.wantRoll()
    queue.poke()
  }

  private func run() {
    do throws(FileError) {
      loop: while true {
        switch queue.take(atMost: context.options.frameByteCountMax, waitingAtMost: patience) {
        case .submissions(let submissions): try commit(submissions)
        case .idle: try idle()
        case .closed: break loop
        }
      }
      upkeep.stop()
      try lane.close()
    } catch {
      fail(error)
    }
  }

  /// How long to wait for the next request before there is something else to do.
  private var patience: Duration? {
    switch (syncPatience, rollPatience) {
    case (let sync?, let roll?): min(sync, roll)
    case (let sync, let roll): sync ?? roll
    }
  }

  /// How long until the lane's segment is as old as it may be. The clock may be set meanwhile, so it is asked
  /// again every now and then; and again soon when the next file is not there yet.
  private var rollPatience: Duration? {
    if lane.isRollWanted { return Self.wantedRollRetryDelay }
    guard let due = lane.rollDue else { return nil }
    let now = context.directory.platform.now()
    if due <= now { return Self.rollRetryDelay }
    return min(.nanoseconds(Int64(clamping: due.nanoseconds - now.nanoseconds)), Self.rollPatienceMax)
  }

  /// How long to wait for the next request before the lane counts as idle.
  private var syncPatience: Duration? {
    if case .interval(let interval) = context.options.durability, lane.hasUnsynced {
      let now = context.directory.platform.now()
      let waited = now > lastSync ? now.nanoseconds - lastSync.nanoseconds : 0
      return max(.milliseconds(1), interval - .nanoseconds(Int64(clamping: waited)))
    }
    return lane.needsWitness ? context.options.witnessDelay : nil
  }

  private func idle() throws(FileError) {
    if case .interval = context.options.durability, lane.hasUnsynced {
      try syncWhenDue()
    } else {
      try lane.writeWitness()
    }
    _ = try lane.rollIfDue()
    // The next file, when it took one, or when there was none to take.
    upkeep.runSoon()
  }

  /// Under `interval`, syncs what was written without a sync once the interval is over.
  private func syncWhenDue() throws(FileError) {
    guard case .interval(let interval) = context.options.durability else { return }
    let now = context.directory.platform.now()
    let nanoseconds = UInt64(max(0, interval / .nanoseconds(1)))
    guard now.nanoseconds >= lastSync.nanoseconds &+ nanoseconds || now < lastSync else { return }
    try lane.syncWritten()
    lastSync = now
  }

  private func commit(_ submissions: [CommitQueue.Submission]) throws(FileError) {
    var waiting = submissions[...]
    while !waiting.isEmpty {
      do throws(LaneError) {
        let count = try lane.commit(waiting.map(\.record)[...])
        AppendSinks.finish(waiting.prefix(count), with: nil)
        if waiting.prefix(count).contains(where: { !$0.record.isDeletion }) { isOutOfSpace = false }
        waiting = waiting.dropFirst(count)
        do throws(FileError) {
          try syncWhenDue()
          _ = try lane.rollIfDue()
        } catch {
          throw .failed(error)
        }
      } catch {
        waiting = try refuse(waiting, error)
      }
      upkeep.runSoon()
    }
  }

  /// - Returns: those that are still to be written.
  private func refuse(_ waiting: ArraySlice<CommitQueue.Submission>, _ error: LaneError) throws(FileError)
    -> ArraySlice<CommitQueue.Submission>
  {
    switch error {
    case .wantOfSpace(let cause):
      // A deletion that was refused had the last resort.
      let deletions = waiting.first?.record.isDeletion == true ? [] : waiting.filter(\.record.isDeletion)
      refuse(deletions.isEmpty ? waiting : waiting.filter { !$0.record.isDeletion }[...], cause)
      return deletions[...]
    case .wantOfSpaceForOne(let cause):
      refuseOne(waiting.prefix(1), cause)
      return waiting.dropFirst()
    case .overtaken(let numbers):
      let overtaken = Set(numbers.map { waiting.startIndex + $0 })
      AppendSinks.finish(
        waiting.indices.filter(overtaken.contains).map { waiting[$0] }[...], with: .overtaken)
      return waiting.indices.filter { !overtaken.contains($0) }.map { waiting[$0] }[...]
    case .failed(let cause):
      AppendSinks.finish(waiting, with: .stopped(reason: cause.description))
      throw cause
    }
  }

  private func refuse(_ submissions: ArraySlice<CommitQueue.Submission>, _ cause: FileError) {
    AppendSinks.finish(submissions, with: .outOfSpace(cause))
    // Once, not for every request.
    if !isOutOfSpace { context.report(.outOfSpace(cause)) }
    isOutOfSpace = true
  }

  /// Refuses one that needs a file of its own; others may be taken before and after it.
  private func refuseOne(_ submissions: ArraySlice<CommitQueue.Submission>, _ cause: FileError) {
    AppendSinks.finish(submissions, with: .outOfSpace(cause))
    let now = context.directory.platform.now()
    if let last = lastRefusalOfOne, now >= last, now.nanoseconds < last.nanoseconds + Self.refusalInterval {
      return
    }
    context.report(.outOfSpace(cause))
    lastRefusalOfOne = now
  }

  private func fail(_ error: FileError) {
    let refused = queue.fail(reason: error.description)
    AppendSinks.finish(refused[...], with: .stopped(reason: error.description))
    context.report(.laneFailed(lane: lane.number, .file(error)))
  }
}
