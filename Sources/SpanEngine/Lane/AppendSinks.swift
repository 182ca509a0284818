/// Tells senders what became of their appends: one call for each sink that has any.
enum AppendSinks {
  static func finish(_ submissions: ArraySlice<CommitQueue.Submission>, with error: StoreError?) {
    // Sinks are as many as event loops: a list is searched faster than anything is hashed.
    var outcomes: [(sink: any AppendSink, outcomes: [AppendOutcome])] = []
    for submission in submissions {
      let outcome = AppendOutcome(token: submission.token, error: error)
      if let number = outcomes.firstIndex(where: { $0.sink === submission.sink }) {
        outcomes[number].outcomes.append(outcome)
      } else {
        outcomes.append((submission.sink, [outcome]))
      }
    }
    for (sink, outcomes) in outcomes { sink.appendsFinished(outcomes) }
  }
}
