internal import SpanEngine
internal import SpanModel
internal import SpanWire

/// The spans of one trace in one sealed segment, one after the other.
struct SealedSpans {
  private let reader: SealedTraceReader
  /// Of the records whose spans are read: those of others are hidden.
  private let sequences: Range<RecordSequence>
  /// Envelopes of the span before.
  private var scopeNumber: UInt32?
  private var resourceNumber: Int?
  /// The builder was emptied, so its envelopes must be begun again.
  var beginsAgain = true

  init(_ reader: SealedTraceReader, _ sequences: Range<RecordSequence>) {
    self.reader = reader
    self.sequences = sequences
  }

  enum Outcome { case taken, passedOver, end }

  var hasMore: Bool { reader.hasMore }

  /// Lets go of what it has read until more is asked for.
  mutating func suspend() {
    reader.suspend()
    beginsAgain = true
  }

  /// Takes the next span whose id is at most `last`, unless an equal one was taken or it is to be skipped.
  mutating func next(
    through last: UInt64, _ equal: inout EqualSpans, _ toSkip: inout UInt64,
    into builder: inout TracesDataBuilder
  ) throws(StoreError) -> Outcome {
    // The reader first hands the span out and is then done with it: nothing of `self` but the reader is
    // touched by both.
    let reader = reader
    var outcome = Outcome.end
    _ = try reader.next(through: last) { (found, span) throws(StoreError) in
      outcome = take(found, span, &equal, &toSkip, &builder)
    }
    return outcome
  }

  private mutating func take(
    _ found: SealedTraceReader.Found, _ span: UnsafeRawBufferPointer, _ equal: inout EqualSpans,
    _ toSkip: inout UInt64, _ builder: inout TracesDataBuilder
  ) -> Outcome {
    guard sequences.contains(found.record.sequence) else { return .passedOver }
    let isNewResource = resourceNumber != found.resource
    let isNewScope = scopeNumber != found.row.scope
    if isNewScope {
      equal.setEnvelopes(resource: reader.resource(found.resource), scope: reader.scope(found.row.scope))
      (resourceNumber, scopeNumber) = (found.resource, found.row.scope)
    }
    let begin: Begin = beginsAgain || isNewResource ? .resource : isNewScope ? .scope : .nothing
    guard equal.isNew(span), !Self.skips(&toSkip) else {
      // The envelopes are to be begun by the next one.
      if begin != .nothing { beginsAgain = true }
      return .passedOver
    }
    switch begin {
    case .resource:
      builder.begin(resource: reader.resource(found.resource), scope: reader.scope(found.row.scope))
    case .scope: builder.begin(scope: reader.scope(found.row.scope))
    case .nothing: break
    }
    builder.add(span: span)
    beginsAgain = false
    return .taken
  }

  private enum Begin { case resource, scope, nothing }

  private static func skips(_ toSkip: inout UInt64) -> Bool {
    guard toSkip > 0 else { return false }
    toSkip -= 1
    return true
  }
}
