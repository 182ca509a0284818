package import SpanModel

/// What a sealed segment keeps of a record whose spans are in it.
package struct SealedRecord: Equatable, Sendable {
  package var sequence: RecordSequence
  package var arrival: Timestamp
  package var acceptedSpanCount: UInt32
  package var rejectedSpanCount: UInt32
  /// Of the rules that judged its spans.
  package var rulesVersion: UInt16

  package init(
    sequence: RecordSequence, arrival: Timestamp, acceptedSpanCount: UInt32, rejectedSpanCount: UInt32,
    rulesVersion: UInt16
  ) {
    self.sequence = sequence
    self.arrival = arrival
    self.acceptedSpanCount = acceptedSpanCount
    self.rejectedSpanCount = rejectedSpanCount
    self.rulesVersion = rulesVersion
  }
}

/// A file whose spans are all in another: a log segment, or a sealed one.
package struct SupersededSegment: Hashable, Sendable {
  package enum Kind: UInt8, Sendable {
    case log = 1
    case sealed = 2
  }

  package let kind: Kind
  package let lane: UInt32
  package let storeID: StoreID
  package let sequence: SegmentSequence

  package init(log sequence: SegmentSequence, lane: UInt32, of storeID: StoreID) {
    kind = .log
    self.lane = lane
    self.storeID = storeID
    self.sequence = sequence
  }

  package init(sealed sequence: SegmentSequence, of storeID: StoreID) {
    kind = .sealed
    lane = 0
    self.storeID = storeID
    self.sequence = sequence
  }
}

/// A deletion whose spans are not in a segment any more: see `docs/format.md`.
package struct SealedTombstone: Hashable, Sendable {
  package let high: UInt64
  package let low: UInt64
  package let sequence: RecordSequence

  package init(high: UInt64, low: UInt64, sequence: RecordSequence) {
    self.high = high
    self.low = low
    self.sequence = sequence
  }
}
