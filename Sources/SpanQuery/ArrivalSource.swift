package import SpanEngine
package import SpanModel

/// Requests of a store in the order in which they arrived, of one kind of files.
package protocol ArrivalSource: AnyObject {
  /// None of its requests has a lower sequence, as is known without reading.
  var earliest: RecordSequence { get }

  /// The sequence of the next request; `nil` at the end.
  func nextSequence() throws(StoreError) -> RecordSequence?

  /// The next request.
  ///
  /// - Precondition: `nextSequence` returned one.
  func next() throws(StoreError) -> ArrivedRequest

  /// All damage met so far.
  var damages: [Damage] { get }

  /// How far it is through its bytes.
  var position: UInt64 { get }
  var byteCount: UInt64 { get }
}

/// What was accepted of a request.
package struct ArrivedRequest: Sendable {
  package let sequence: RecordSequence
  package let arrival: Timestamp
  /// A serialized `ExportTraceServiceRequest` with the accepted spans in their envelopes, in order of
  /// arrival; the body as it came when all of it was accepted.
  package let bytes: [UInt8]
  package let spanCount: Int
  /// Spans that could not be read.
  package let lostSpanCount: Int

  package init(
    sequence: RecordSequence, arrival: Timestamp, bytes: [UInt8], spanCount: Int, lostSpanCount: Int = 0
  ) {
    self.sequence = sequence
    self.arrival = arrival
    self.bytes = bytes
    self.spanCount = spanCount
    self.lostSpanCount = lostSpanCount
  }
}
