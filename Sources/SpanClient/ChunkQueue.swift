internal import NIOConcurrencyHelpers

/// Chunks that have come and were not taken yet. The stream's credit bounds them.
final class ChunkQueue: Sendable {
  private typealias Taker = CheckedContinuation<Result<TraceChunk?, ClientError>, Never>

  private struct State {
    var chunks: [(chunk: TraceChunk, creditByteCount: Int)] = []
    var queuedByteCount = 0
    /// Set at the end: `.some(nil)` is a good one.
    var end: ClientError??
    var taker: Taker?
    /// Taken by the reader, and not yet given to the server as credit.
    var uncreditedByteCount = 0
  }

  /// More than any server's window and one frame: it has forgotten about credit.
  static let queuedByteCountMax = 512 << 20
  /// Credit is given in pieces of this size, or as soon as the reader has to wait.
  static let creditByteCountMin = 256 << 10

  private let state = NIOLockedValueBox(State())

  /// Adds a chunk; told by the connection.
  func push(_ chunk: TraceChunk, creditByteCount: Int) {
    let taker = state.withLockedValue { state -> Taker? in
      guard state.end == nil else { return nil }
      if let taker = state.taker {
        state.taker = nil
        state.uncreditedByteCount += creditByteCount
        return taker
      }
      state.chunks.append((chunk, creditByteCount))
      state.queuedByteCount += chunk.bytes.count
      if state.queuedByteCount > Self.queuedByteCountMax { state.end = .some(Self.flooded) }
      return nil
    }
    taker?.resume(returning: .success(chunk))
  }

  private static let flooded = ClientError(
    .protocolViolation, "the server sent more of a stream than it was given credit for")

  /// Ends the stream, with an error or well.
  func finish(_ error: ClientError?) {
    let taker = state.withLockedValue { state -> Taker? in
      guard state.end == nil else { return nil }
      state.end = .some(error)
      defer { state.taker = nil }
      return state.taker
    }
    taker?.resume(returning: error.map { .failure($0) } ?? .success(nil))
  }

  /// Bytes of credit to give the server now; 0 when it can wait.
  func takeCredit() -> Int {
    state.withLockedValue { state in
      let isDue = state.chunks.isEmpty || state.uncreditedByteCount >= Self.creditByteCountMin
      guard isDue, state.end == nil else { return 0 }
      defer { state.uncreditedByteCount = 0 }
      return state.uncreditedByteCount
    }
  }

  /// The next chunk, `nil` at the end of a stream that ended well.
  func next() async throws(ClientError) -> TraceChunk? {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { taker in take(taker) }
    } onCancel: {
      finish(ClientError(.cancelled, "the task that read the stream was cancelled"))
    }
    return try result.get()
  }

  private func take(_ taker: Taker) {
    let result = state.withLockedValue { state -> Result<TraceChunk?, ClientError>? in
      if !state.chunks.isEmpty {
        let (chunk, creditByteCount) = state.chunks.removeFirst()
        state.queuedByteCount -= chunk.bytes.count
        state.uncreditedByteCount += creditByteCount
        return .success(chunk)
      }
      if let end = state.end { return end.map { .failure($0) } ?? .success(nil) }
      precondition(state.taker == nil, "a stream is read by one task at a time")
      state.taker = taker
      return nil
    }
    if let result { taker.resume(returning: result) }
  }
}
