import NIOConcurrencyHelpers
import SpanModel

/// What a replay has done so far; counts are of spans where nothing else is said.
struct ReplayCounts: Sendable, Equatable {
  var requestCount = 0
  var sentCount = 0
  var ackedCount = 0
  var rejectedCount = 0
  var firstRejection = ""
  var failedCount = 0
  var firstFailure = ""
  /// Those that could not be read.
  var passedOverCount = 0
  /// Those that no flag selects.
  var unselectedCount = 0
  /// Those that came when later ones had been sent.
  var lateCount = 0
  /// Nanoseconds by which times are moved, once it is known.
  var shift: Int64?
  /// Bytes of the directory that were read, for progress.
  var position: UInt64 = 0
  /// Requests that failed since the last that did not.
  fileprivate(set) var failureRunCount = 0
  /// Why nothing more is sent.
  var failure: String?
  /// The signal that ended it; nothing more is sent after it.
  var signal: Int32?

  /// Whether nothing more is sent.
  var hasEnded: Bool { failure != nil || signal != nil }
}

/// The counts and how far everything was acked, told by whoever hears an answer and read by whoever shows
/// them.
final class ReplayTally: Sendable {
  /// A target that refuses so many one after the other will refuse the rest.
  static let failureRunCountMax = 10

  private struct State {
    var counts = ReplayCounts()
    var acked: AckedPosition
  }

  private let state: NIOLockedValueBox<State>

  /// - Parameter sequence: up to where it was replayed before.
  init(from sequence: RecordSequence = RecordSequence(0)) {
    state = NIOLockedValueBox(State(acked: AckedPosition(sequence)))
  }

  var counts: ReplayCounts { state.withLockedValue { $0.counts } }

  func change(_ change: (inout ReplayCounts) -> Void) { state.withLockedValue { change(&$0.counts) } }

  /// All records up to this one were acked.
  var ackedSequence: RecordSequence { state.withLockedValue { $0.acked.sequence } }

  /// A record was read of which so many spans will be sent.
  func read(_ sequence: RecordSequence, spanCount: Int) {
    state.withLockedValue { $0.acked.read(sequence, spanCount: spanCount) }
  }

  /// What `feed` has told so far.
  func note(_ feed: ReplayFeed, position: UInt64) {
    state.withLockedValue {
      $0.counts.passedOverCount = feed.lostSpanCount
      $0.counts.unselectedCount = feed.unselectedSpanCount
      $0.counts.lateCount = feed.lateSpanCount
      $0.counts.shift = feed.shift
      $0.counts.position = position
    }
  }

  func sending(_ request: ReplayRequest) {
    state.withLockedValue {
      $0.counts.requestCount += 1
      $0.counts.sentCount += request.spanCount
    }
  }

  func ended(_ end: Delivery.End, spanCount: Int, parts: [ReplayRequest.Part]) {
    state.withLockedValue { state in
      switch end {
      case .stored(let rejected, let reason):
        // A target that counts more than it got has at least refused all of it.
        state.counts.stored(spanCount: spanCount, rejectedCount: min(max(rejected, 0), spanCount), reason)
        state.acked.acked(parts)
      case .failed(let reason):
        state.counts.failed(spanCount: spanCount, reason)
        state.acked.failed()
      case .givenUp(let reason):
        state.counts.failed(spanCount: spanCount, reason)
        state.counts.failure = state.counts.failure ?? reason
        state.acked.failed()
      case .dropped: state.acked.failed()
      }
    }
  }
}

extension ReplayCounts {
  fileprivate mutating func stored(spanCount: Int, rejectedCount count: Int, _ reason: String) {
    failureRunCount = 0
    ackedCount += spanCount - count
    if rejectedCount == 0 { firstRejection = reason }
    rejectedCount += count
  }

  fileprivate mutating func failed(spanCount: Int, _ reason: String) {
    if failedCount == 0 { firstFailure = reason }
    failedCount += spanCount
    failureRunCount += 1
    guard failureRunCount >= ReplayTally.failureRunCountMax, failure == nil else { return }
    failure = "\(failureRunCount) requests failed one after the other, the last: \(reason)"
  }
}
