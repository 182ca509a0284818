internal import SpanEngine
internal import SpanModel
internal import SpanWire

/// The spans of one trace in one record, one after the other.
struct RecordSpans {
  /// How far ahead the body is read when the next spans stand close by.
  private static let readAheadByteCount = 512 << 10
  /// A gap that costs more to read than another read does.
  private static let gapByteCountMax = RecordLayout.pageByteCount

  private var reader = RecordReader()
  private var nextSpan: UInt32 = 0
  private var endSpan: UInt32 = 0
  /// Of the scope whose spans come now.
  private var envelopes = RecordEnvelopes()
  /// End of the run of close-by spans that the last look ahead found.
  private var runEnd = 0
  /// The builder was emptied, so its envelopes must be begun again.
  var beginsAgain = true
  /// Whether the last call of `next` put its span into the builder.
  private(set) var didTake = false

  var hasNext: Bool { nextSpan < endSpan }

  /// Goes to the record at `place`; to none of its spans when they are another tenant's, or of another trace
  /// with the same tag.
  ///
  /// - Parameter sequences: of the records that are read: in others the trace's spans are hidden.
  mutating func open(
    _ segment: Segment, _ place: TraceIndex.Place, _ traceID: TraceID, tenant: UInt32,
    in sequences: Range<RecordSequence>
  ) throws(StoreError) {
    nextSpan = 0
    endSpan = 0
    envelopes.reset()
    runEnd = 0
    try reader.open(segment, at: place.record)
    guard let header = reader.header, header.tenant == tenant, sequences.contains(header.sequence) else {
      return
    }
    let trace = try reader.trace(place.trace)
    guard trace.traceID == traceID else { return }
    nextSpan = trace.firstSpan
    endSpan = trace.firstSpan + trace.spanCount
  }

  /// Takes the next span, unless an equal one was taken or it is to be skipped.
  mutating func next(_ equal: inout EqualSpans, _ toSkip: inout UInt64, into builder: inout TracesDataBuilder)
    throws(StoreError)
  {
    didTake = false
    let number = nextSpan
    // Before anything can throw: a damaged span is passed over, not met again.
    nextSpan += 1
    let span = try reader.span(number)
    let resourceBefore = envelopes.resourceNumber
    let isNewScope = span.scope != envelopes.scopeNumber
    if isNewScope {
      try envelopes.load(scope: span.scope, from: &reader)
      equal.setEnvelopes(resource: envelopes.resource, scope: envelopes.scope)
    }
    if Int(span.slice.position) + Int(span.slice.byteCount) > runEnd { try lookAhead(from: number, span) }
    let begin: Begin =
      beginsAgain || envelopes.resourceNumber != resourceBefore ? .resource : isNewScope ? .scope : .nothing
    let (scope, resource) = (envelopes.scope, envelopes.resource)
    let isTaken = try reader.withBody(span.slice, through: runEnd) { bytes in
      guard equal.isNew(bytes) else { return false }
      if toSkip > 0 {
        toSkip -= 1
        return false
      }
      switch begin {
      case .resource: builder.begin(resource: resource, scope: scope)
      case .scope: builder.begin(scope: scope)
      case .nothing: break
      }
      builder.add(span: bytes)
      return true
    }
    didTake = isTaken
    // A span that was passed over leaves the envelopes to be begun by the next one.
    if isTaken { beginsAgain = false } else if begin != .nothing { beginsAgain = true }
  }

  private enum Begin { case resource, scope, nothing }

  /// Finds how far the spans that come next stand close together, so that they are read at once.
  private mutating func lookAhead(from number: UInt32, _ first: DirectorySpan) throws(StoreError) {
    let start = Int(first.slice.position)
    runEnd = start + Int(first.slice.byteCount)
    var next = number + 1
    while next < endSpan, runEnd - start < Self.readAheadByteCount {
      let slice = try reader.span(next).slice
      let gap = Int(slice.position) - runEnd
      guard gap >= 0, gap < Self.gapByteCountMax else { return }
      runEnd = Int(slice.position) + Int(slice.byteCount)
      next += 1
    }
  }
}
