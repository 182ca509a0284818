internal import NIOConcurrencyHelpers
internal import SpanEngine

/// The answer to a `Maintain` in the making: its thread leaves here what is new, and the connection's event
/// loop takes it from here.
///
/// Of progress there is never more than the newest, so a client that does not read holds up nothing.
final class MaintainStream: Sendable {
  struct News: Sendable {
    var progress: MaintenanceProgress?
    var result: Result<MaintenanceResult, StoreError>?
  }

  private struct State {
    var news = News()
    var isAwaited = false
    var control: MaintenanceControl?
    var isEnded = false
  }

  let requestID: UInt32
  /// The request's body, counted as in flight until the stream ends.
  let requestByteCount: Int
  private let state = NIOLockedValueBox(State())

  init(requestID: UInt32, requestByteCount: Int) {
    self.requestID = requestID
    self.requestByteCount = requestByteCount
  }

  /// Notes what is new.
  ///
  /// - Returns: whether the event loop is to be told.
  func note(_ change: (inout News) -> Void) -> Bool {
    state.withLockedValue { state in
      change(&state.news)
      defer { state.isAwaited = true }
      return !state.isAwaited && !state.isEnded
    }
  }

  /// What is new since the last time.
  func take() -> News {
    state.withLockedValue { state in
      defer { state.news = News() }
      state.isAwaited = false
      return state.news
    }
  }

  var isEnded: Bool { state.withLockedValue { $0.isEnded } }

  func begin(_ control: MaintenanceControl) { state.withLockedValue { $0.control = control } }

  /// Nothing more is wanted of it.
  func end() {
    let control = state.withLockedValue { state in
      state.isEnded = true
      return state.control
    }
    control?.cancel()
  }
}
