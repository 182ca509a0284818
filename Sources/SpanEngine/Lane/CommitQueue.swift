/// Requests between the event loops that prepared them and the lane that writes them; bounded in bytes.
final class CommitQueue: @unchecked Sendable {
  // SAFETY: everything that changes is touched under `lock` only: see below.

  struct Submission {
    let record: PreparedRecord
    let token: UInt64
    let sink: any AppendSink
  }

  enum State {
    case open
    /// Takes no more; what waits is still written.
    case closing
    /// The lane failed: nothing is written any more.
    case failed(reason: String)
  }

  private let byteCountMax: Int
  private let lock = Lock()
  // SAFETY: all below are only touched under `lock`.
  private var waiting: [Submission] = []
  private var waitingByteCount = 0
  private var state = State.open
  private var isPoked = false

  init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

  var queuedByteCount: Int { lock.withLock { waitingByteCount } }

  /// - Throws: `.busy` when the queue is full, `.stopped` when nothing will be written any more.
  func submit(_ submission: Submission) throws(StoreError) {
    try lock.withLock { () throws(StoreError) in
      switch state {
      case .open: break
      case .closing: throw .stopped(reason: "it is closing")
      case .failed(let reason): throw .stopped(reason: reason)
      }
      let byteCount = submission.record.byteCountMax
      // One request is always taken, however large, when nothing waits.
      guard waiting.isEmpty || waitingByteCount + byteCount <= byteCountMax else {
        throw .busy(retryAfter: .milliseconds(100))
      }
      waiting.append(submission)
      waitingByteCount += byteCount
      if waiting.count == 1 { lock.signal() }
    }
  }

  enum Taken {
    case submissions([Submission])
    /// Nothing came within the time.
    case idle
    /// Nothing will come any more.
    case closed
  }

  /// Takes what waits, but no more than `byteCountMax` unless the first has more: what is taken is not
  /// counted any longer, and stays in memory until all of it is written. Waits for the first, for `duration`
  /// at the most (`nil`: however long it takes).
  func take(atMost byteCountMax: Int, waitingAtMost duration: Duration?) -> Taken {
    lock.withLock {
      if waiting.isEmpty, !isPoked, case .open = state {
        if let duration { lock.wait(atMost: duration) } else { lock.wait() }
      }
      isPoked = false
      if !waiting.isEmpty { return .submissions(takeFirst(byteCountMax)) }
      if case .open = state { return .idle }
      return .closed
    }
  }

  private func takeFirst(_ byteCountMax: Int) -> [Submission] {
    var byteCount = 0
    var count = 0
    for submission in waiting {
      let next = submission.record.byteCountMax
      if count > 0, byteCount + next > byteCountMax { break }
      byteCount += next
      count += 1
    }
    waitingByteCount -= byteCount
    guard count < waiting.count else {
      defer { waiting = [] }
      return waiting
    }
    defer { waiting.removeFirst(count) }
    return Array(waiting[..<count])
  }

  /// Has whoever takes look up at once, with what waits or as if it were idle.
  func poke() {
    lock.withLock {
      isPoked = true
      lock.signal()
    }
  }

  func close() { change(to: .closing) }

  /// - Returns: what waited, now to be refused.
  func fail(reason: String) -> [Submission] {
    change(to: .failed(reason: reason))
    return lock.withLock {
      defer {
        waiting = []
        waitingByteCount = 0
      }
      return waiting
    }
  }

  private func change(to newState: State) {
    lock.withLock {
      if case .failed = state { return }
      state = newState
      lock.signal()
    }
  }
}
