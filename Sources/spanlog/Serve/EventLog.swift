import Logging
import NIOConcurrencyHelpers
import SpanEngine

/// Writes what happens in the store to the log, and remembers when a lane failed: the process must not end
/// as if all were well then.
final class EventLog: Sendable {
  private struct State {
    var hasFailed = false
    var onFailure: (@Sendable () -> Void)?
  }

  private let logger: Logger
  private let state = NIOLockedValueBox(State())

  init(_ logger: Logger) { self.logger = logger }

  /// Whether a lane stopped writing.
  var hasFailed: Bool { state.withLockedValue { $0.hasFailed } }

  /// Calls `action` when a lane fails, or at once when one has.
  func onFailure(_ action: @escaping @Sendable () -> Void) {
    let hasFailed = state.withLockedValue { state in
      state.onFailure = action
      return state.hasFailed
    }
    if hasFailed { action() }
  }

  func record(_ event: StoreEvent) {
    switch event.severity {
    case .notice: logger.notice("\(event)")
    case .warning: logger.warning("\(event)")
    case .error: logger.error("\(event)")
    }
    guard case .laneFailed = event else { return }
    let action = state.withLockedValue { state in
      state.hasFailed = true
      return state.onFailure
    }
    action?()
  }
}
