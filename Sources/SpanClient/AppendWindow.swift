internal import NIOConcurrencyHelpers

/// How many appends are in flight, and who waits for room for more, in order.
final class AppendWindow: Sendable {
  private typealias Entry = CheckedContinuation<Result<Void, ClientError>, Never>

  private struct Waiter {
    let number: UInt64
    /// `nil`: waits for the window to be empty, and takes no room.
    let byteCount: Int?
    let entry: Entry
  }

  private struct State {
    var requestCount = 0
    var byteCount = 0
    var waiters: [Waiter] = []
    var nextNumber: UInt64 = 0
    /// Cancelled before they began to wait.
    var cancelled: Set<UInt64> = []
    var failure: ClientError?
  }

  private let requestCountMax: Int
  private let byteCountMax: Int
  // Taken twice for each request, not for each span.
  private let state = NIOLockedValueBox(State())

  init(requestCountMax: Int, byteCountMax: Int) {
    self.requestCountMax = max(1, requestCountMax)
    self.byteCountMax = byteCountMax
  }

  /// Waits until there is room for a request of `byteCount` bytes, and takes it.
  func enter(byteCount: Int) async throws(ClientError) { try await wait(byteCount: byteCount) }

  /// Waits until everything that entered before has left.
  func waitUntilEmpty() async throws(ClientError) { try await wait(byteCount: nil) }

  private func wait(byteCount: Int?) async throws(ClientError) {
    let (number, verdict) = state.withLockedValue { state -> (UInt64, Result<Void, ClientError>?) in
      state.nextNumber += 1
      if let failure = state.failure { return (0, .failure(failure)) }
      guard state.waiters.isEmpty, admits(byteCount, &state) else { return (state.nextNumber, nil) }
      return (0, .success(()))
    }
    if let verdict { return try verdict.get() }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { entry in
        wait(Waiter(number: number, byteCount: byteCount, entry: entry))
      }
    } onCancel: {
      cancel(number)
    }
    // A cancellation that came after the admission left its mark.
    state.withLockedValue { _ = $0.cancelled.remove(number) }
    try result.get()
  }

  private func wait(_ waiter: Waiter) {
    let verdict = state.withLockedValue { state -> Result<Void, ClientError>? in
      if state.cancelled.remove(waiter.number) != nil { return .failure(Self.cancelledWait) }
      if let failure = state.failure { return .failure(failure) }
      if state.waiters.isEmpty, admits(waiter.byteCount, &state) { return .success(()) }
      state.waiters.append(waiter)
      return nil
    }
    if let verdict { waiter.entry.resume(returning: verdict) }
  }

  private static let cancelledWait = ClientError(
    .cancelled, "the task was cancelled while its append waited for room; nothing was sent")

  private func cancel(_ number: UInt64) {
    let waiter = state.withLockedValue { state -> Waiter? in
      guard let place = state.waiters.firstIndex(where: { $0.number == number }) else {
        state.cancelled.insert(number)
        return nil
      }
      return state.waiters.remove(at: place)
    }
    waiter?.entry.resume(returning: .failure(Self.cancelledWait))
  }

  private func admits(_ byteCount: Int?, _ state: inout State) -> Bool {
    guard let byteCount else { return state.requestCount == 0 }
    let fits = state.requestCount < requestCountMax && state.byteCount + byteCount <= byteCountMax
    guard fits || state.requestCount == 0 else { return false }
    state.requestCount += 1
    state.byteCount += byteCount
    return true
  }

  /// A request was answered.
  func leave(byteCount: Int) {
    let admitted = state.withLockedValue { state -> [Waiter] in
      state.requestCount -= 1
      state.byteCount -= byteCount
      guard !state.waiters.isEmpty else { return [] }
      var count = 0
      while count < state.waiters.count, admits(state.waiters[count].byteCount, &state) { count += 1 }
      let admitted = Array(state.waiters.prefix(count))
      state.waiters.removeFirst(count)
      return admitted
    }
    for waiter in admitted { waiter.entry.resume(returning: .success(())) }
  }

  /// Nobody gets in any more.
  func fail(_ error: ClientError) {
    let waiters = state.withLockedValue { state -> [Waiter] in
      state.failure = state.failure ?? error
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.entry.resume(returning: .failure(error)) }
  }
}
