import NIOConcurrencyHelpers
import SpanClient
import SpanNet

/// Appends over the TCP RPC, and connects again when the connection is lost.
final class RPCTarget: AppendTarget {
  private struct State {
    var client: SpanlogClient?
    /// Under way; shared by all that wait for it.
    var connecting: Task<SpanlogClient, any Error>?
    var unansweredCount = 0
    /// When the last answer came, or the first of those that wait was sent.
    var lastProgress: ContinuousClock.Instant?
  }

  let name: String
  private let address: ListenAddress
  private let requestCountMax: Int
  private let answerTimeout: Duration
  private let clock = ContinuousClock()
  private let state: NIOLockedValueBox<State>

  /// Connects.
  ///
  /// - Parameter answerTimeout: how long no answer may come while some are waited for.
  /// - Throws: when nothing listens there, or something else.
  init(_ address: ListenAddress, requestCountMax: Int, answerTimeout: Duration = .seconds(60)) async throws {
    name = "\(address)"
    self.address = address
    self.requestCountMax = requestCountMax
    self.answerTimeout = answerTimeout
    let client = try await Self.connect(address, requestCountMax)
    state = NIOLockedValueBox(State(client: client))
    Task { [weak self] in
      let interval = min(answerTimeout / 4, .seconds(1))
      while (try? await Task.sleep(for: interval)) != nil, let self { await self.endStandstill() }
    }
  }

  private static func connect(_ address: ListenAddress, _ requestCountMax: Int) async throws
    -> SpanlogClient
  {
    try await SpanlogClient.connect(to: address, as: "spanlog replay", requestCountMax: requestCountMax)
  }

  func send(_ request: [UInt8], answered: @escaping @Sendable (AppendReply) -> Void) async {
    let client: SpanlogClient
    do { client = try await connection() } catch {
      return answered(.lost(reason: "\(error)"))
    }
    begin()
    do throws(ClientError) {
      try await client.send(request) { [self] result in
        end()
        answered(reply(result, from: client))
      }
    } catch {
      end()
      answered(reply(.failure(error), from: client))
    }
  }

  func close() async {
    let client = state.withLockedValue { $0.client.take() }
    await client?.close()
  }

  // MARK: Connections

  private func connection() async throws -> SpanlogClient {
    let found = state.withLockedValue { state -> Result<SpanlogClient, Connecting> in
      if let client = state.client { return .success(client) }
      if let task = state.connecting { return .failure(Connecting(task: task)) }
      let task = Task { [address, requestCountMax] in try await Self.connect(address, requestCountMax) }
      state.connecting = task
      return .failure(Connecting(task: task))
    }
    switch found {
    case .success(let client): return client
    case .failure(let connecting):
      let result = await connecting.task.result
      state.withLockedValue { state in
        guard state.connecting == connecting.task else { return }
        state.connecting = nil
        state.client = try? result.get()  // Thrown below.
      }
      return try result.get()
    }
  }

  private struct Connecting: Error {
    let task: Task<SpanlogClient, any Error>
  }

  private func forget(_ client: SpanlogClient) {
    state.withLockedValue { if $0.client === client { $0.client = nil } }
  }

  // MARK: Answers

  private func reply(_ result: Result<AppendAnswer, ClientError>, from client: SpanlogClient) -> AppendReply {
    switch result {
    case .success(let answer):
      return .stored(rejectedSpanCount: answer.rejectedSpanCount, firstRejection: answer.message)
    case .failure(let error):
      if let delay = error.retryDelay { return .busy(retryAfter: delay, reason: error.message) }
      switch error.code {
      case .connectionLost, .closed, .unavailable:
        forget(client)
        return .lost(reason: error.message)
      case .protocolViolation:
        forget(client)
        return .failed(reason: error.message)
      default: return .failed(reason: error.message)
      }
    }
  }

  private func begin() {
    state.withLockedValue { state in
      state.unansweredCount += 1
      if state.unansweredCount == 1 { state.lastProgress = clock.now }
    }
  }

  private func end() {
    state.withLockedValue { state in
      state.unansweredCount -= 1
      state.lastProgress = clock.now
    }
  }

  /// Ends a connection on which no answer has come for too long: what waits for one is sent again on another.
  private func endStandstill() async {
    let client = state.withLockedValue { state -> SpanlogClient? in
      guard state.unansweredCount > 0, let last = state.lastProgress, clock.now - last > answerTimeout else {
        return nil
      }
      state.lastProgress = clock.now
      return state.client.take()
    }
    await client?.close()
  }
}
