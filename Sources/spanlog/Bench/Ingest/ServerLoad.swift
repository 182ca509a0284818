import CLinux
import Glibc
import SpanNet

/// Keeps requests in flight on some connections to a server, all from one thread, and measures acks.
struct ServerLoad {
  typealias Instant = ContinuousClock.Instant

  private struct Retry {
    let time: Instant
    let connection: Int
    let slot: Int
  }

  /// How long answers are waited for after the end.
  private static let answerTimeout = Duration.seconds(30)
  private static let bufferByteCount = 64 << 10

  private let corpus: LoadCorpus
  private let clock = ContinuousClock()
  private let end: Instant
  private var schedule: LoadSchedule
  private var connections: [LoadConnection] = []
  private var polls: [pollfd] = []
  private var retries: [Retry] = []
  private var result: IngestResult
  /// Where the next request is looked for room, so that connections come in turn.
  private var next = 0

  init(
    to address: ListenAddress, connectionCount: Int, inFlight: Int, corpus: LoadCorpus,
    schedule: LoadSchedule,
    until end: Instant, result: IngestResult
  ) throws {
    (self.corpus, self.schedule, self.end, self.result) = (corpus, schedule, end, result)
    connections = try (0..<connectionCount).map { _ in try LoadConnection(to: address, inFlight: inFlight) }
    polls = connections.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
  }

  /// Sends until the end and waits for what is in flight.
  mutating func run() throws -> IngestResult {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferByteCount, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let now = clock.now
      sendAgain(at: now)
      startDue(at: now)
      for connection in connections where connection.wantsToSend { try connection.flush() }
      if schedule.isOver(at: now) {
        // A server that is full may stay so.
        giveUpRetries()
        if connections.allSatisfy(\.isIdle) { break }
        guard now - end < Self.answerTimeout else {
          throw CommandFailure("the server left requests unanswered for \(Self.answerTimeout)")
        }
      }
      try receive(into: buffer, wait: wait(at: now))
    }
    result.unsentCount += schedule.lateCount(at: end, spansPerRequest: corpus.spansPerRequest)
    return result
  }

  private mutating func startDue(at now: Instant) {
    for _ in connections.indices {
      while let due = schedule.next(at: now), due <= now, !connections[next].freeSlots.isEmpty {
        let lent = corpus.take()
        connections[next].start(lent, at: schedule.isPaced ? due : clock.now)
        schedule.advance(spanCount: lent.request.spanCount)
        if schedule.isPaced { break }
      }
      next = next + 1 == connections.count ? 0 : next + 1
    }
  }

  private mutating func sendAgain(at now: Instant) {
    guard !retries.isEmpty else { return }
    for retry in retries where retry.time <= now { connections[retry.connection].sendAgain(retry.slot) }
    retries.removeAll { $0.time <= now }
  }

  private mutating func giveUpRetries() {
    for retry in retries {
      guard let lent = connections[retry.connection].giveUp(retry.slot) else { continue }
      corpus.giveBack(lent)
      result.unsentCount += 1
    }
    retries = []
  }

  /// Nanoseconds until something is to be done of itself.
  private func wait(at now: Instant) -> Int64 {
    var wake = now + .milliseconds(100)
    if let retry = retries.map(\.time).min() { wake = min(wake, retry) }
    let hasRoom = connections.contains { !$0.freeSlots.isEmpty }
    if hasRoom, let due = schedule.next(at: now) { wake = min(wake, due) }
    return max(0, Int64((wake - now) / .nanoseconds(1)))
  }

  private mutating func receive(into buffer: UnsafeMutableRawBufferPointer, wait: Int64) throws {
    for (number, connection) in connections.enumerated() {
      polls[number].events = Int16(connection.wantsToSend ? POLLIN | POLLOUT : POLLIN)
    }
    guard spanlog_poll(&polls, polls.count, wait) > 0 else { return }
    for number in polls.indices where polls[number].revents != 0 {
      if polls[number].revents & Int16(POLLOUT) != 0 { try connections[number].flush() }
      guard polls[number].revents & ~Int16(POLLOUT) != 0 else { continue }
      var answers: [LoadConnection.Answer] = []
      try connections[number].receive(into: buffer) { answers.append($0) }
      let now = clock.now
      for answer in answers { take(answer, of: number, at: now) }
    }
  }

  private mutating func take(_ answer: LoadConnection.Answer, of connection: Int, at now: Instant) {
    switch answer {
    case .acked(let flight, let rejectedSpanCount):
      let nanoseconds = UInt64((now - flight.begin) / .nanoseconds(1))
      result.acked(
        flight.lent.request, rejectedSpanCount: rejectedSpanCount, nanoseconds: nanoseconds)
      corpus.giveBack(flight.lent)
    case .refused(let slot, let delay):
      result.refusedCount += 1
      retries.append(Retry(time: now + delay, connection: connection, slot: slot))
    }
  }
}
