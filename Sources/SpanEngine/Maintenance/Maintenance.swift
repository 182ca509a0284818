package import SpanModel

/// What somebody asks of a store that is open.
package enum MaintenanceOrder: Sendable {
  /// - Parameter isRehearsed: whether nothing is changed; log segments then count as they are.
  case compact(CompactionRules, isRehearsed: Bool)
  case verify
  /// Where the files still hold a trace.
  case find(TraceID)
  /// - Parameter into: a directory of this machine, new or empty.
  case snapshot(into: String)
}

package enum MaintenanceResult: Sendable {
  case compacted(CompactionReport)
  case verified(StoreVerification)
  case found(TraceRemains, of: TraceID)
  case copied(StoreSnapshot)
}

/// The thread of what was asked for last: there is one at a time.
final class MaintenanceThread: @unchecked Sendable {
  /// How long whoever is refused is told to wait.
  private static let retryDelay = Duration.seconds(5)

  private enum State {
    case idle
    case running(WorkerThread, MaintenanceControl)
    /// Its thread is still to be joined.
    case done(WorkerThread)
    case closed
  }

  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var state = State.idle

  /// Runs `body` on a thread of its own, and what it returns once another may be started.
  ///
  /// - Throws: `.maintained` while there is another, `.stopped` once the store is closing.
  func start(_ control: MaintenanceControl, _ body: @escaping @Sendable () -> @Sendable () -> Void)
    throws(StoreError)
  {
    try lock.withLock { () throws(StoreError) in
      switch state {
      case .running: throw .maintained(retryAfter: Self.retryDelay)
      case .closed: throw .stopped(reason: "it is closing")
      case .done(let last): last.join()
      case .idle: break
      }
      // It cannot end before it is noted: that takes the lock.
      let thread = WorkerThread(name: "maintain", isPatient: true) {
        let tell = body()
        self.ended()
        tell()
      }
      state = .running(thread, control)
    }
  }

  private func ended() {
    lock.withLock {
      guard case .running(let thread, _) = state else { return }
      state = .done(thread)
    }
  }

  /// Ends what there is, and waits for it.
  func close() {
    let thread = lock.withLock { () -> WorkerThread? in
      defer { state = .closed }
      switch state {
      case .running(let thread, let control):
        control.cancel()
        return thread
      case .done(let thread): return thread
      case .idle, .closed: return nil
      }
    }
    thread?.join()
  }
}
