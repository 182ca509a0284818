package import SpanEngine
package import SpanModel
internal import SpanWire

/// Deletes one trace, and counts what that hid. Blocks on the disk: not for an event loop or the cooperative
/// pool.
package struct TraceDeletion {
  private let store: Store
  private let traceID: TraceID
  private let tenant: UInt32

  package init(store: Store, traceID: TraceID, tenant: UInt32 = 0) {
    self.store = store
    self.traceID = traceID
    self.tenant = tenant
  }

  /// Deletes all spans that the trace has now, durably; whoever begins to read after that finds none of them.
  ///
  /// - Returns: how many spans were hidden, equal ones counted once; what cannot be read is not counted. Zero
  ///   for an unknown trace, of which nothing is noted either, unless its later spans are to be refused.
  package func run(lane: Int = 0) throws(StoreError) -> UInt64 {
    guard try mayHaveSpans() else { return 0 }
    let deletion = store.prepareDeletion(of: traceID, tenant: tenant)
    let answer = DeletionAnswer()
    try store.submit(deletion, token: 0, sink: answer, lane: lane)
    if let error = answer.wait() { throw error }
    return count(in: deletion.hiddenSequences)
  }

  private func mayHaveSpans() throws(StoreError) -> Bool {
    if store.holdsDeleted { return true }
    do {
      return try TraceReader(store: store, traceID: traceID, tenant: tenant, limit: 1).nextChunk() != nil
    } catch {
      // What cannot be read now may be another time.
      guard case .corrupt = error else { throw error }
      return true
    }
  }

  private func count(in sequences: Range<RecordSequence>) -> UInt64 {
    let reader = TraceReader(store: store, traceID: traceID, tenant: tenant, sequences)
    var count: UInt64 = 0
    // The trace is deleted, whatever of it can be read; damage comes behind all that is whole.
    while let chunk = try? reader.nextChunk() { count += UInt64(chunk.spanCount) }
    return count
  }
}

/// Waits for the answer to one deletion.
private final class DeletionAnswer: AppendSink, @unchecked Sendable {
  // SAFETY: `outcome` is only touched under `lock`.
  private let lock = Lock()
  private var outcome: AppendOutcome?

  func appendsFinished(_ outcomes: [AppendOutcome]) {
    lock.withLock {
      outcome = outcomes.last
      lock.signal()
    }
  }

  func wait() -> StoreError? {
    lock.withLock {
      while true {
        if let outcome { return outcome.error }
        lock.wait()
      }
    }
  }
}
