internal import SpanModel
internal import SpanWire

/// How a compaction comes to know whether a trace is kept.
///
/// A trace is judged over all its spans in the store, in whatever files they are, but those that are deleted
/// or too old. One of whose records arrived a short while ago is kept unjudged, because more of it may come;
/// so is one that cannot be read in full.
struct TraceJudging {
  enum Verdict { case kept, unjudged, dropped }

  let judge: any TraceJudge
  let order: CompactionOrder
  /// What arrived since is too young.
  let settledBefore: Timestamp
  /// All of one owner.
  let inputs: [SealedSegment]
  /// All segments there are now.
  let snapshot: () -> SegmentSnapshot

  func begin(_ traceID: TraceID) -> Trial {
    judge.begin(traceID)
    return Trial(
      judging: self, traceID: traceID, dropped: order.dropped(of: traceID, tenant: tenant))
  }

  /// Of whom a trace is judged over all partitions.
  var tenant: UInt32 { inputs.first?.footer.tenant ?? 0 }

  /// Of one trace; there is one at a time.
  struct Trial {
    fileprivate let judging: TraceJudging
    fileprivate let traceID: TraceID
    fileprivate let dropped: DroppedRecords
  }
}

extension TraceJudging.Trial {
  /// Takes into account the span that an input stands at.
  ///
  /// - Returns: `nil` as long as it depends on what else there is.
  func take(_ input: MergeInput) -> TraceJudging.Verdict? {
    let (resource, scope) = input.envelopes
    return take(input.span, resource, scope, arrival: input.record.arrival)
  }

  private func take(
    _ span: UnsafeRawBufferPointer, _ resource: [UInt8], _ scope: [UInt8], arrival: Timestamp
  ) -> TraceJudging.Verdict? {
    if arrival >= judging.settledBefore { return .unjudged }
    if judging.judge.isKept { return .kept }
    resource.withUnsafeBytes { resource in
      scope.withUnsafeBytes { scope in
        judging.judge.take(JudgedSpan(span: span, resource: resource, scope: scope))
      }
    }
    return judging.judge.isKept ? .kept : nil
  }

  /// Judges the trace over what is in other files too.
  ///
  /// - Parameter readingInputs: whether those are to be read as well, not all of their spans having been
  ///   taken.
  func judge(readingInputs: Bool) throws(StoreError) -> TraceJudging.Verdict {
    let snapshot = judging.snapshot()
    do throws(StoreError) {
      for sealed in snapshot.sealedReaders(of: traceID, tenant: judging.tenant)
      where readingInputs || !judging.inputs.contains(where: { $0 === sealed.segment }) {
        if let verdict = try judge(sealed) { return verdict }
      }
      for places in snapshot.places(of: traceID) {
        if let verdict = try judge(places) { return verdict }
      }
    } catch {
      guard case .corrupt = error else { throw error }
      return .unjudged
    }
    return .dropped
  }

  private func judge(_ reader: SealedTraceReader) throws(StoreError) -> TraceJudging.Verdict? {
    var verdict: TraceJudging.Verdict?
    var hasMore = true
    while verdict == nil, hasMore {
      let taken: Void? = try reader.next { (found, span) throws(StoreError) in
        let record = found.record
        guard dropped.reason(record.sequence, arrival: record.arrival) == nil else { return }
        verdict = take(
          span, reader.resource(found.resource), reader.scope(found.row.scope), arrival: record.arrival)
      }
      hasMore = taken != nil
    }
    return verdict
  }

  private func judge(_ places: consuming PlaceReader) throws(StoreError) -> TraceJudging.Verdict? {
    var record = RecordTrace()
    while let place = try places.next() {
      guard let header = try record.open(places.segment, place, traceID), header.tenant == judging.tenant,
        dropped.reason(header.sequence, arrival: header.arrival) == nil
      else { continue }
      var verdict: TraceJudging.Verdict?
      while verdict == nil {
        let taken: Void? = try record.next { span, resource, scope in
          verdict = take(span, resource, scope, arrival: header.arrival)
        }
        if taken == nil { break }
      }
      if let verdict { return verdict }
    }
    return nil
  }
}
