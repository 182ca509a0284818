import CLinux
import Glibc
import SpanClient
import SpanNet

/// Reads traces over the TCP RPC, one at a time on each of its connections, all from one thread: on its way
/// to the clock an answer meets no other thread.
struct ServerReadLoad: Sendable {
  /// How long an answer is waited for.
  private static let answerTimeout = Duration.seconds(60)
  private static let bufferByteCount = 256 << 10

  let address: ListenAddress
  let connectionCount: Int

  /// Reads until the plan ends.
  func run(_ plan: ReadPlan) async throws -> ReadLoadResult {
    // Finds out with a message of use that there is no server, or something else.
    try await SpanlogClient.connect(to: address, as: "spanlog bench").close()
    return try LoadThreads.run(1) { _ in try read(plan) }[0]
  }

  private func read(_ plan: ReadPlan) throws -> ReadLoadResult {
    let connections = try (0..<connectionCount).map { _ in try ReadConnection(to: address) }
    var polls = connections.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferByteCount, alignment: 64)
    defer { buffer.deallocate() }
    var result = ReadLoadResult()
    let clock = ContinuousClock()
    for connection in connections {
      if let step = plan.next() { try connection.ask(step, at: clock.now) }
    }
    while connections.contains(where: { !$0.isIdle }) {
      let readyCount = spanlog_poll(&polls, polls.count, Int64(Self.answerTimeout / .nanoseconds(1)))
      if readyCount < 0, errno == EINTR { continue }
      guard readyCount > 0 else {
        throw CommandFailure("the server left a read unanswered for \(Self.answerTimeout)")
      }
      var finished: [ReadConnection.Finished] = []
      for (number, connection) in connections.enumerated() where polls[number].revents != 0 {
        guard let end = try connection.receive(into: buffer) else { continue }
        finished.append(end)
        if let step = plan.next() { try connection.ask(step, at: clock.now) }
      }
      // Not before all that came was taken: looking at spans must not make others look slow.
      for end in finished {
        try result.add(end.step, end.chunks, nanoseconds: UInt64(end.duration / .nanoseconds(1)))
      }
    }
    return result
  }
}
