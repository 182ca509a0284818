/// What a replay says in the end.
struct ReplayReport: SendingReport {
  let tally: ReplayTally
  /// `nil` when nothing need be resumed.
  let resumeFile: ResumeFile?
  let resumePath: String?

  var failure: String? { tally.counts.failure }
  var signal: Int32? { tally.counts.signal }

  func interrupted(by signal: Int32) { tally.interrupted(by: signal) }

  func finish() async {
    if let failure = await resumeFile?.finish() { tally.failed(failure) }
  }

  func summary(elapsed: Duration) -> String {
    ReplaySummary(counts: tally.counts, elapsed: elapsed).description
  }

  func afterword(target: String) -> String {
    let acked = "\(tally.counts.ackedCount) spans were acked by \(target) before. "
    if let resumePath { return acked + "Run it again with --resume \(resumePath) to go on from there." }
    return acked + "Running it again is safe, unless --fresh-ids or --shift-to-now is used: equal spans are "
      + "returned once."
  }
}

extension ReplayTally {
  func interrupted(by signal: Int32) { change { $0.signal = $0.signal ?? signal } }
  func failed(_ reason: String) { change { $0.failure = $0.failure ?? reason } }
}
