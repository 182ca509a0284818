/// Takes the answers to appends; one for each event loop (or thread) that appends.
///
/// Called on the committer's thread (on the sender's, for a request that holds nothing to store), once for
/// each commit that answers any append of this sink: the implementation hands the outcomes over to its own
/// loop in one wake-up, and never blocks.
package protocol AppendSink: AnyObject, Sendable {
  func appendsFinished(_ outcomes: [AppendOutcome])
}

/// What became of one append.
package struct AppendOutcome: Sendable {
  /// The number the sender gave to `Store.submit`.
  package let token: UInt64
  /// `nil`: it is as durable as the store's mode promises, and readable.
  package let error: StoreError?

  package init(token: UInt64, error: StoreError?) {
    self.token = token
    self.error = error
  }
}
