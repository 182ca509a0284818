internal import SpanEngine
internal import SpanModel
internal import SpanQuery
internal import SpanWire

extension MaintenanceOrder {
  /// - Throws: what a client is told whose request makes no sense.
  init(_ request: MaintainRequest, now: Timestamp) throws(RPCStatus) {
    switch (request.compact, request.verify, request.snapshot) {
    case (let compact?, nil, nil):
      self = .compact(try CompactionRules(compact, now: now), isRehearsed: compact.isDryRun)
    case (nil, let verify?, nil) where verify.deletedBytes.isEmpty: self = .verify
    case (nil, let verify?, nil):
      guard let traceID = verify.deleted else {
        throw RPCStatus(
          .invalidArgument, "the trace id has \(verify.deletedBytes.count) bytes, 16 are required")
      }
      self = .find(traceID)
    case (nil, nil, let snapshot?): self = .snapshot(into: snapshot.into)
    default: throw RPCStatus(.invalidArgument, "a Maintain is one of compact, verify and snapshot")
    }
  }
}

extension CompactionRules {
  fileprivate init(_ request: CompactRequest, now: Timestamp) throws(RPCStatus) {
    self.init()
    do throws(RuleError) {
      var rules: [KeepRule] = []
      for text in request.keep { rules.append(try KeepRule(parsing: text)) }
      if !rules.isEmpty { keep(try KeepRules(rules)) }
    } catch {
      throw RPCStatus(.invalidArgument, "a keep rule: \(error)")
    }
    if let settle = request.settleMilliseconds {
      self.settle = .milliseconds(Int64(clamping: min(settle, 1 << 52)))
    }
    if request.dropOlderThanMilliseconds > 0 {
      let age = request.dropOlderThanMilliseconds.multipliedReportingOverflow(by: 1_000_000)
      let nanoseconds = age.overflow ? now.nanoseconds : min(now.nanoseconds, age.partialValue)
      dropsArrivedBefore = Timestamp(nanoseconds: now.nanoseconds - nanoseconds)
    }
  }
}
