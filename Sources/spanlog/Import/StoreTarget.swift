import Dispatch
import NIOConcurrencyHelpers
import SpanEngine
import SpanWire

/// Appends to a directory that this process has open.
final class StoreTarget: AppendTarget, AppendSink {
  private struct State {
    var nextToken: UInt64 = 0
    var waiting: [UInt64: Waiting] = [:]
  }

  private struct Waiting {
    let rejectedSpanCount: Int
    let firstRejection: String
    let answered: @Sendable (AppendReply) -> Void
  }

  let name: String
  private let store: Store
  // Taken twice for each request, not for each span.
  private let state = NIOLockedValueBox(State())

  init(directory: String) throws {
    name = directory
    var options = StoreOptions(directory: directory)
    // A server or "spanlog compact" does that; who imports is done when the last request is acked.
    options.sealsFullSegments = false
    options.compactsSealedSegments = false
    store = try Store.open(options)
  }

  /// Damage found when opening.
  var knownDamage: KnownDamage { KnownDamage(store.damages) }

  func send(_ request: [UInt8], answered: @escaping @Sendable (AppendReply) -> Void) async {
    let buffer = RequestBuffer(byteCount: request.count)
    request.withUnsafeBytes { buffer.append($0) }
    // Made anew for each request: requests that are sent again come from other threads.
    var scratch = AppendScratch()
    do throws(WireError) {
      submit(try store.prepare(buffer, scratch: &scratch), answered)
    } catch {
      answered(.failed(reason: "\(error)"))
    }
  }

  private func submit(_ append: PreparedAppend, _ answered: @escaping @Sendable (AppendReply) -> Void) {
    let waiting = Waiting(
      rejectedSpanCount: append.rejectedSpanCount, firstRejection: append.rejectionMessage ?? "",
      answered: answered)
    let token = state.withLockedValue { state in
      state.nextToken += 1
      state.waiting[state.nextToken] = waiting
      return state.nextToken
    }
    do throws(StoreError) {
      try store.submit(append, token: token, sink: self)
    } catch {
      finish(token, error)
    }
  }

  func appendsFinished(_ outcomes: [AppendOutcome]) {
    for outcome in outcomes { finish(outcome.token, outcome.error) }
  }

  private func finish(_ token: UInt64, _ error: StoreError?) {
    guard let waiting = state.withLockedValue({ $0.waiting.removeValue(forKey: token) }) else { return }
    switch error {
    case nil:
      waiting.answered(
        .stored(rejectedSpanCount: waiting.rejectedSpanCount, firstRejection: waiting.firstRejection))
    case .busy(let delay): waiting.answered(.busy(retryAfter: delay, reason: "the queue is full"))
    case let error?: waiting.answered(.failed(reason: "\(error)"))
    }
  }

  func close() async {
    // Closing waits for the disk, which the threads of tasks must not do.
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [store] in
        store.close()
        continuation.resume()
      }
    }
  }
}
