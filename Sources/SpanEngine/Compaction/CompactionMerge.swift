internal import SpanModel
internal import SpanWire

/// Puts the spans of sealed segments into one: trace by trace, each copy once, without those that are to go.
///
/// Holds one row group of each input, and of the trace that is judged a bounded part: a larger one is judged
/// by reading it once more.
final class CompactionMerge {
  private let order: CompactionOrder
  private let judging: TraceJudging?
  private let encoder: SegmentEncoder
  private var merge: SealedMerge
  private var equal: EqualRun
  private var held = HeldSpans()
  /// Whether the encoder was told of the trace whose spans come now.
  private var hasBegun = false
  private(set) var tally = CompactionTally()

  /// - Parameters:
  ///   - judging: asked about each trace; `nil` when all are kept.
  ///   - willRead: told of each row group before it is read, by its bytes.
  init(
    _ inputs: [SealedSegment], _ order: CompactionOrder, _ judging: TraceJudging?,
    into encoder: SegmentEncoder,
    hashKey: HashKey, willRead: @escaping (Int) throws(StoreError) -> Void
  ) throws(StoreError) {
    self.order = order
    self.judging = judging
    self.encoder = encoder
    equal = EqualRun(key: hashKey)
    merge = try SealedMerge(inputs, willRead)
  }

  func run() throws {
    while let (trace, _) = merge.next {
      hasBegun = false
      if let judging { try judge(trace, judging) } else { try copy(trace) }
      if hasBegun { try encoder.endTrace() }
    }
  }

  private func copy(_ trace: MergeInput.Key) throws {
    try forEachSpan(of: trace) { input in try write(input.span, input, input.place, trace) }
  }

  private func judge(_ trace: MergeInput.Key, _ judging: TraceJudging) throws {
    let trial = judging.begin(trace.traceID)
    var verdict: TraceJudging.Verdict?
    try forEachSpan(of: trace) { input in
      if let verdict { return try carryOut(verdict, input, trace) }
      held.append(input)
      verdict = trial.take(input)
      if verdict == nil, held.byteCount > order.rules.heldByteCountMax {
        verdict = try trial.judge(readingInputs: true)
      }
      if let verdict { try carryOutHeld(verdict, trace) }
    }
    // Its spans in the inputs do not keep it: it is judged over all there are.
    if verdict == nil, held.count > 0 {
      let found = try trial.judge(readingInputs: false)
      try carryOutHeld(found, trace)
      verdict = found
    }
    switch verdict {
    case .dropped: tally.judgedTraceCount += 1
    case .unjudged: tally.unjudgedTraceCount += 1
    case .kept, nil: break
    }
  }
}

// MARK: Spans

extension CompactionMerge {
  /// Hands each span of the trace that may be kept to `use`: the input stands at it.
  private func forEachSpan(of trace: MergeInput.Key, _ use: (MergeInput) throws -> Void) throws {
    let dropped = order.dropped(of: trace.traceID, tenant: encoder.footer.tenant)
    while let (key, input) = merge.next, key.traceID == trace.traceID {
      tally.readSpanCount += 1
      let record = input.record
      if let reason = dropped.reason(record.sequence, arrival: record.arrival) {
        tally.drop(reason)
      } else if equal.isNew(key, input) {
        try use(input)
      } else {
        tally.drop(.copy)
      }
      try merge.advance()
    }
  }

  private func carryOut(_ verdict: TraceJudging.Verdict, _ input: MergeInput, _ trace: MergeInput.Key) throws
  {
    if verdict == .dropped { return tally.drop(.judged) }
    try write(input.span, input, input.place, trace)
  }

  private func carryOutHeld(_ verdict: TraceJudging.Verdict, _ trace: MergeInput.Key) throws {
    if verdict == .dropped {
      tally.drop(.judged, UInt64(held.count))
    } else {
      try held.hand(to: { span, input, place in try write(span, input, place, trace) })
    }
    held.removeAll()
  }

  private func write(
    _ span: UnsafeRawBufferPointer, _ input: MergeInput, _ place: MergeInput.Place, _ trace: MergeInput.Key
  ) throws {
    if !hasBegun {
      encoder.beginTrace(trace.traceID, hash: trace.hash)
      hasBegun = true
    }
    let (scope, record) = input.numbers(of: place, in: encoder)
    try encoder.add(span, scope: scope, record: record)
  }
}
