import Dispatch
package import SpanEngine

/// Waits for the outcomes of appends, one submit after the other.
package final class BlockingSink: AppendSink, @unchecked Sendable {
  // SAFETY: written by the committer before the signal, read by the waiter after it.
  private var outcomes: [UInt64: AppendOutcome] = [:]
  private let lock = DispatchSemaphore(value: 1)
  private let arrived = DispatchSemaphore(value: 0)

  package init() {}

  package func appendsFinished(_ outcomes: [AppendOutcome]) {
    lock.wait()
    for outcome in outcomes { self.outcomes[outcome.token] = outcome }
    lock.signal()
    for _ in outcomes { arrived.signal() }
  }

  /// Waits for as many outcomes to arrive.
  package func wait(for count: Int) { for _ in 0..<count { arrived.wait() } }

  package func outcome(of token: UInt64) -> AppendOutcome? {
    lock.wait()
    defer { lock.signal() }
    return outcomes[token]
  }
}
