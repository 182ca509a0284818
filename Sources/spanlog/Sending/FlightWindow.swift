import NIOConcurrencyHelpers

/// How many requests are on their way, those that wait to be sent again among them.
final class FlightWindow: Sendable {
  private struct State {
    var count = 0
    /// Who waits, and for the count to fall to what: who sends, and who ends an import.
    var waiters: [(countMax: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let countMax: Int
  private let state = NIOLockedValueBox(State())

  init(countMax: Int) { self.countMax = countMax }

  /// Waits for room and takes it; for one task at a time.
  func enter() async {
    await wait(untilAtMost: countMax - 1)
    state.withLockedValue { $0.count += 1 }
  }

  func leave() {
    let continuations = state.withLockedValue { state -> [CheckedContinuation<Void, Never>] in
      state.count -= 1
      let count = state.count
      let ready = state.waiters.filter { count <= $0.countMax }
      state.waiters.removeAll { count <= $0.countMax }
      return ready.map(\.continuation)
    }
    for continuation in continuations { continuation.resume() }
  }

  /// Waits until nothing is on its way.
  func drain() async { await wait(untilAtMost: 0) }

  private func wait(untilAtMost count: Int) async {
    await withCheckedContinuation { continuation in
      let isDone = state.withLockedValue { state in
        if state.count <= count { return true }
        state.waiters.append((count, continuation))
        return false
      }
      if isDone { continuation.resume() }
    }
  }
}
