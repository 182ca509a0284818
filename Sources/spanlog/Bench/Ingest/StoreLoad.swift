import Glibc
import SpanEngine
import SpanWire

/// Keeps requests in flight in a store of this process, from the thread that runs it, and measures acks.
final class StoreLoad: AppendSink, @unchecked Sendable {
  // SAFETY: what the committer's thread touches too is touched under `lock`.

  typealias Instant = ContinuousClock.Instant

  private struct Flight {
    let lent: LentRequest
    let begin: Instant
    let rejectedSpanCount: Int
  }

  private let store: Store
  private let corpus: LoadCorpus
  private let clock = ContinuousClock()
  private var schedule: LoadSchedule
  private let end: Instant
  private let lock = Lock()
  private var slots: [Flight?]
  private var freeSlots: [Int]
  private var result: IngestResult
  private var failure: StoreError?

  init(
    store: Store, inFlight: Int, corpus: LoadCorpus, schedule: LoadSchedule, until end: Instant,
    result: IngestResult
  ) {
    (self.store, self.corpus, self.schedule, self.end, self.result) = (store, corpus, schedule, end, result)
    slots = Array(repeating: nil, count: inFlight)
    freeSlots = Array(0..<inFlight)
  }

  /// Appends until the end and waits for what is in flight. Blocks.
  func run() throws -> IngestResult {
    var scratch = AppendScratch()
    while let due = schedule.next(at: clock.now) {
      sleep(until: due)
      let slot = takeSlot()
      if let failure = lock.withLock({ failure }) { throw failure }
      // Waiting for room may have taken past the end.
      guard !schedule.isOver(at: clock.now) else { break }
      let lent = newRequest()
      schedule.advance(spanCount: lent.request.spanCount)
      try append(lent, slot: slot, begin: schedule.isPaced ? due : clock.now, &scratch)
    }
    result.unsentCount += schedule.lateCount(at: end, spansPerRequest: corpus.spansPerRequest)
    lock.withLock { while slots.contains(where: { $0 != nil }), failure == nil { lock.wait() } }
    if let failure { throw failure }
    return result
  }

  private func takeSlot() -> Int {
    lock.withLock {
      while freeSlots.isEmpty { lock.wait() }
      return freeSlots.removeLast()
    }
  }

  /// The load's own share of the work, counted apart from the store's.
  private func newRequest() -> LentRequest {
    let start = Self.threadSeconds
    defer {
      let seconds = Self.threadSeconds - start
      lock.withLock { result.generatorSeconds += seconds }
    }
    return corpus.take()
  }

  private func append(_ lent: LentRequest, slot: Int, begin: Instant, _ scratch: inout AppendScratch) throws {
    let buffer = RequestBuffer(byteCount: lent.request.byteCount)
    lent.request.withBody { buffer.append($0) }
    let append = try store.prepare(buffer, scratch: &scratch)
    lock.withLock {
      slots[slot] = Flight(lent: lent, begin: begin, rejectedSpanCount: append.rejectedSpanCount)
    }
    while true {
      do throws(StoreError) {
        return try store.submit(append, token: UInt64(slot), sink: self)
      } catch {
        guard case .busy(let delay) = error else { throw error }
        lock.withLock { result.refusedCount += 1 }
        sleep(until: clock.now + delay)
      }
    }
  }

  func appendsFinished(_ outcomes: [AppendOutcome]) {
    let now = clock.now
    lock.withLock {
      for outcome in outcomes { finish(outcome, at: now) }
      lock.signal()
    }
  }

  /// Under the lock.
  private func finish(_ outcome: AppendOutcome, at now: Instant) {
    let slot = Int(outcome.token)
    guard let flight = slots[slot] else { return }
    slots[slot] = nil
    freeSlots.append(slot)
    if let error = outcome.error {
      failure = failure ?? error
    } else {
      let nanoseconds = UInt64((now - flight.begin) / .nanoseconds(1))
      result.acked(
        flight.lent.request, rejectedSpanCount: flight.rejectedSpanCount, nanoseconds: nanoseconds)
    }
    corpus.giveBack(flight.lent)
  }

  private func sleep(until time: Instant) {
    while case let left = (time - clock.now) / .microseconds(1), left > 0 {
      // It takes no more at once than 32 bits hold.
      usleep(UInt32(min(left, 1e9).rounded(.up)))
    }
  }

  private static var threadSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
