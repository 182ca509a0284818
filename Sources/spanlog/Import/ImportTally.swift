import NIOConcurrencyHelpers

/// What an import has done so far.
struct ImportCounts: Sendable {
  var requestCount = 0
  var spanCount = 0
  var rejectedSpanCount = 0
  var firstRejection = ""
  /// Bytes of the source read, for progress.
  var sourcePosition: UInt64 = 0
  /// Why nothing more is sent.
  var failure: String?
  /// The signal that ended it; nothing more is sent after it.
  var signal: Int32?

  /// Whether nothing more is sent.
  var hasEnded: Bool { failure != nil || signal != nil }
}

/// The counts, told by whoever hears an answer and read by whoever shows them.
final class ImportTally: Sendable {
  private let state = NIOLockedValueBox(ImportCounts())

  var counts: ImportCounts { state.withLockedValue { $0 } }

  func ended(_ end: Delivery.End, spanCount: Int) {
    switch end {
    case .stored(let rejectedSpanCount, let firstRejection):
      stored(spanCount: spanCount, rejectedSpanCount: rejectedSpanCount, firstRejection: firstRejection)
    case .failed(let reason), .givenUp(let reason): failed(reason)
    case .dropped: break
    }
  }

  private func stored(spanCount: Int, rejectedSpanCount: Int, firstRejection: String) {
    state.withLockedValue {
      $0.requestCount += 1
      $0.spanCount += spanCount - rejectedSpanCount
      if $0.rejectedSpanCount == 0 { $0.firstRejection = firstRejection }
      $0.rejectedSpanCount += rejectedSpanCount
    }
  }

  private func failed(_ reason: String) { state.withLockedValue { $0.failure = $0.failure ?? reason } }

  func read(byteCount: UInt64) { state.withLockedValue { $0.sourcePosition += byteCount } }
}

extension ImportTally: SendingReport {
  var failure: String? { counts.failure }
  var signal: Int32? { counts.signal }

  func interrupted(by signal: Int32) { state.withLockedValue { $0.signal = $0.signal ?? signal } }

  func summary(elapsed: Duration) -> String { ImportSummary(counts: counts, elapsed: elapsed).description }

  func afterword(target: String) -> String {
    "\(counts.requestCount) requests were acked by \(target) before. "
      + "Running the import again is safe: equal spans are returned once."
  }
}
