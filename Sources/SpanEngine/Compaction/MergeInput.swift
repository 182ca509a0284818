internal import SpanModel
internal import SpanWire

/// A way through all spans of a sealed segment that is merged with others. One thread at a time.
final class MergeInput {
  /// Where a span stands in what the merge puts out.
  struct Key {
    let hash: UInt64
    let traceID: TraceID
    let spanID: UInt64
    let sequence: RecordSequence
    /// Of the input: what is equal in all else comes in the order of the inputs.
    let input: Int
  }

  /// What a span belongs to, by the segment's own numbers.
  struct Place {
    let scope: Int
    let record: Int
  }

  private struct Digest {
    let high: UInt64
    let low: UInt64
  }

  let segment: SealedSegment
  private let number: Int
  private let contents: SealedContents
  private let reader: RowGroupReader
  private let hash: TraceIDHash
  private var nextGroup = 0
  /// Of the row group that is open: its trace, and the rows of that still to come.
  private var trace = 0
  private var traceHash: UInt64 = 0
  private var traceID = TraceID.zero
  private var rows = 0..<0
  private var spanCount: UInt64 = 0
  /// Of what is met when it is first needed.
  private var scopeNumbers: [UInt32?]
  private var recordNumbers: [UInt32?]
  private var digests: [Digest?]

  /// The span it stands at; its bytes last until the next `advance`.
  private(set) var span = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var record: SealedRecord
  private(set) var place = Place(scope: 0, record: 0)

  /// - Returns: `nil` when the segment has no spans.
  init?(_ segment: SealedSegment, number: Int) throws(StoreError) {
    guard segment.footer.spanCount > 0 else { return nil }
    self.segment = segment
    self.number = number
    contents = try segment.contents()
    reader = RowGroupReader(contents.dictionary)
    hash = TraceIDHash(key: segment.footer.hashKey)
    guard let first = contents.records.first else {
      throw .corrupt(segment.damage(at: 0, segment.footer.fileByteCount, "it has spans and no records"))
    }
    record = first
    scopeNumbers = Array(repeating: nil, count: contents.scopes.count)
    digests = Array(repeating: nil, count: contents.scopes.count)
    recordNumbers = Array(repeating: nil, count: contents.records.count)
  }
}

// MARK: Going on

extension MergeInput {
  /// Goes to the next span.
  ///
  /// - Parameter willRead: told of each row group before it is read, by its bytes.
  /// - Returns: its key, or `nil` at the end.
  /// - Throws: `.corrupt` for a segment that is not what was written: the rest cannot be merged.
  func advance(_ willRead: (Int) throws(StoreError) -> Void) throws(StoreError) -> Key? {
    while rows.isEmpty {
      guard try openNextTrace(willRead) else { return nil }
    }
    let group = nextGroup - 1
    let row = reader.row(rows.lowerBound, ofTrace: traceID)
    rows = rows.lowerBound + 1..<rows.upperBound
    guard Int(row.scope) < contents.scopes.count, Int(row.record) < contents.records.count else {
      throw segment.damage(ofRowGroup: group, .field("scope or record number"))
    }
    do throws(FormatError) { span = try reader.next(row) } catch {
      throw segment.damage(ofRowGroup: group, error)
    }
    spanCount += 1
    place = Place(scope: Int(row.scope), record: Int(row.record))
    record = contents.records[place.record]
    return Key(
      hash: traceHash, traceID: traceID, spanID: SpanBatch.spanID(of: span), sequence: record.sequence,
      input: number)
  }

  private func openNextTrace(_ willRead: (Int) throws(StoreError) -> Void) throws(StoreError) -> Bool {
    if nextGroup == 0 || trace == reader.traceCount {
      guard try openNextGroup(willRead) else { return false }
    }
    let before = (traceHash, traceID)
    traceID = reader.traceID(trace)
    traceHash = hash.hash(of: traceID)
    // What the encoder would refuse must not come from a file. A trace may go on in the next row group.
    let isInOrder = before < (traceHash, traceID) || before == (traceHash, traceID) && trace == 0
    guard isInOrder || spanCount == 0 else {
      throw segment.damage(ofRowGroup: nextGroup - 1, .field("order of traces"))
    }
    rows = reader.rows(ofTrace: trace)
    trace += 1
    return true
  }

  private func openNextGroup(_ willRead: (Int) throws(StoreError) -> Void) throws(StoreError) -> Bool {
    guard nextGroup < segment.layout.firstHashes.count else {
      guard spanCount == segment.footer.spanCount else {
        throw .corrupt(
          segment.damage(
            at: 0, segment.footer.fileByteCount,
            "it has \(spanCount) spans, its footer says \(segment.footer.spanCount)"))
      }
      return false
    }
    try willRead(Int(segment.layout.positions[nextGroup + 1] - segment.layout.positions[nextGroup]))
    try segment.open(rowGroup: nextGroup, in: reader)
    do throws(FormatError) { try reader.begin(0..<reader.rowCount) } catch {
      throw segment.damage(ofRowGroup: nextGroup, error)
    }
    nextGroup += 1
    trace = 0
    return true
  }
}

// MARK: The span it stands at

extension MergeInput {
  /// The envelopes of the span's scope.
  var envelopes: (resource: [UInt8], scope: [UInt8]) { envelopes(ofScope: place.scope) }

  private func envelopes(ofScope scope: Int) -> (resource: [UInt8], scope: [UInt8]) {
    (contents.resources[contents.scopes[scope].resource], contents.scopes[scope].bytes)
  }

  /// The numbers that scope and record have in the output, which gets them with the first span that is kept.
  func numbers(of place: Place, in encoder: SegmentEncoder) -> (scope: UInt32, record: UInt32) {
    (scopeNumber(of: place.scope, in: encoder), recordNumber(of: place.record, in: encoder))
  }

  private func scopeNumber(of scope: Int, in encoder: SegmentEncoder) -> UInt32 {
    if let known = scopeNumbers[scope] { return known }
    let (resource, bytes) = envelopes(ofScope: scope)
    let resourceNumber = resource.withUnsafeBytes { encoder.resource($0) }
    let number = bytes.withUnsafeBytes { encoder.scope($0, resource: resourceNumber) }
    scopeNumbers[scope] = number
    return number
  }

  private func recordNumber(of record: Int, in encoder: SegmentEncoder) -> UInt32 {
    if let known = recordNumbers[record] { return known }
    let number = encoder.record(contents.records[record])
    recordNumbers[record] = number
    return number
  }

  /// A hash of the span and its envelopes.
  func contentDigest(key: (UInt64, UInt64)) -> (high: UInt64, low: UInt64) {
    let envelope = digests[place.scope] ?? envelopeDigest(key)
    digests[place.scope] = envelope
    var hash = KeyedHash128(key: key)
    hash.combine(envelope.high)
    hash.combine(envelope.low)
    hash.combine(span)
    return hash.finalize()
  }

  private func envelopeDigest(_ key: (UInt64, UInt64)) -> Digest {
    let (resource, scope) = envelopes
    var hash = KeyedHash128(key: key)
    // Lengths first, or bytes could move from one envelope to the other unnoticed.
    hash.combine(UInt64(resource.count))
    hash.combine(UInt64(scope.count))
    resource.withUnsafeBytes { hash.combine($0) }
    scope.withUnsafeBytes { hash.combine($0) }
    let (high, low) = hash.finalize()
    return Digest(high: high, low: low)
  }
}

extension MergeInput.Key: Comparable {
  static func < (left: Self, right: Self) -> Bool {
    if left.hash != right.hash { return left.hash < right.hash }
    if left.traceID != right.traceID { return left.traceID < right.traceID }
    return (left.spanID, left.sequence, left.input) < (right.spanID, right.sequence, right.input)
  }
}
