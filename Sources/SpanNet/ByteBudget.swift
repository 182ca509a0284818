internal import NIOConcurrencyHelpers
internal import Synchronization

/// The memory that bodies of all connections of all doors may hold together.
///
/// Bytes are taken as they are granted to a buffer and given back when the request is answered. Taking is
/// one compare-and-swap while there is room. When there is none, the taker waits without reading from its
/// socket; waiters are served strictly in order, and while any waits nobody passes them by, so that a
/// large request is not starved by small ones. Waiting is bounded by whoever waits.
package final class ByteBudget: Sendable {
  /// What a waiter holds to stop waiting.
  package struct Ticket: Equatable, Sendable {
    fileprivate let number: UInt64
  }

  private struct Waiter {
    let ticket: Ticket
    let byteCount: Int
    let resume: @Sendable () -> Void
  }

  private struct Queue {
    var waiters: [Waiter] = []
    var nextNumber: UInt64 = 0
  }

  /// The whole of it.
  package let byteCountMax: Int
  private let available: Synchronization.Atomic<Int>
  private let waiterCount = Synchronization.Atomic<Int>(0)
  // Only touched when the budget is used up; bytes flow past it otherwise.
  private let queue = NIOLockedValueBox(Queue())

  /// - Precondition: `byteCountMax` is positive.
  package init(byteCountMax: Int) {
    precondition(byteCountMax > 0, "a budget of no bytes")
    self.byteCountMax = byteCountMax
    available = Synchronization.Atomic(byteCountMax)
  }

  /// Bytes taken and not given back.
  package var takenByteCount: Int { byteCountMax - available.load(ordering: .relaxed) }

  /// Whether anyone waits for bytes.
  package var isAwaited: Bool { waiterCount.load(ordering: .relaxed) > 0 }

  /// Takes `byteCount` bytes, if there are as many and nobody waits for some.
  package func take(_ byteCount: Int) -> Bool {
    guard waiterCount.load(ordering: .sequentiallyConsistent) == 0 else { return false }
    return takeAvailable(byteCount)
  }

  /// Takes `byteCount` bytes for what is there already, if there are as many, and passes those who wait: one
  /// of them may be whoever asks.
  package func takeForArrived(_ byteCount: Int) -> Bool { takeAvailable(byteCount) }

  private func takeAvailable(_ byteCount: Int) -> Bool {
    var seen = available.load(ordering: .sequentiallyConsistent)
    while seen >= byteCount {
      let result = available.weakCompareExchange(
        expected: seen, desired: seen - byteCount, ordering: .sequentiallyConsistent)
      if result.exchanged { return true }
      seen = result.original
    }
    return false
  }

  /// Gives back bytes that were taken, and resumes those who can go on with them.
  package func giveBack(_ byteCount: Int) {
    let (_, now) = available.add(byteCount, ordering: .sequentiallyConsistent)
    assert(now <= byteCountMax, "more bytes given back than taken")
    // A waiter counts itself before it looks at `available` once more, so one of the two sees the other.
    if waiterCount.load(ordering: .sequentiallyConsistent) != 0 { resumeWaiters() }
  }

  /// Waits in line for `byteCount` bytes.
  ///
  /// - Parameter resume: called once with the bytes taken on the waiter's behalf, on any thread, perhaps
  ///   before this returns; never after `stopWaiting` returned `true`.
  package func wait(for byteCount: Int, resume: @escaping @Sendable () -> Void) -> Ticket {
    let ticket = queue.withLockedValue { queue in
      queue.nextNumber += 1
      let ticket = Ticket(number: queue.nextNumber)
      queue.waiters.append(Waiter(ticket: ticket, byteCount: byteCount, resume: resume))
      waiterCount.add(1, ordering: .sequentiallyConsistent)
      return ticket
    }
    resumeWaiters()
    return ticket
  }

  /// Leaves the line.
  ///
  /// - Returns: `false` when `resume` was called or is about to be: the bytes are then the caller's to
  ///   give back.
  package func stopWaiting(_ ticket: Ticket) -> Bool {
    let wasWaiting = queue.withLockedValue { queue in
      guard let place = queue.waiters.firstIndex(where: { $0.ticket == ticket }) else { return false }
      queue.waiters.remove(at: place)
      waiterCount.subtract(1, ordering: .sequentiallyConsistent)
      return true
    }
    if wasWaiting { resumeWaiters() }
    return wasWaiting
  }

  /// Serves the front of the line as far as the bytes go.
  private func resumeWaiters() {
    let served = queue.withLockedValue { queue in
      var count = 0
      while count < queue.waiters.count, takeAvailable(queue.waiters[count].byteCount) { count += 1 }
      let served = Array(queue.waiters.prefix(count))
      queue.waiters.removeFirst(count)
      waiterCount.subtract(count, ordering: .sequentiallyConsistent)
      return served
    }
    for waiter in served { waiter.resume() }
  }
}
