package import SpanModel

/// A keyed hash that stands for a trace without naming it: the id itself cannot be had from it, so a deleted
/// id is gone from the disk with its last span.
package struct TraceDigest: Hashable, Sendable {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// - Parameter key: the store's, which nobody outside knows.
  package init(of traceID: TraceID, tenant: UInt32 = 0, key: HashKey) {
    var hash = KeyedHash128(key: (key.high, key.low))
    hash.combine(UInt64(tenant))
    // The id's bytes in the order they have on the wire.
    hash.combine(traceID.high.byteSwapped)
    hash.combine(traceID.low.byteSwapped)
    (high, low) = hash.finalize()
  }
}

/// The mark of a deleted trace: hides the trace's spans in all records with a lower sequence.
///
///     byte 0       16         24        32           40
///          ┌───────┬──────────┬─────────┬────────────┐
///          │ trace │ sequence │ deleted │ held until │
///          └───────┴──────────┴─────────┴────────────┘
///
/// The body of a record of its kind. `sequence` is the record's own when the trace was deleted by it; one
/// that was carried over from an older file keeps the sequence it had there.
package struct Tombstone: Hashable, Sendable {
  package static let byteCount = 40

  package let trace: TraceDigest
  package let sequence: RecordSequence
  package let deleted: Timestamp
  /// Until then later spans of the trace are refused; zero when they are not.
  package let heldUntil: Timestamp

  package init(trace: TraceDigest, sequence: RecordSequence, deleted: Timestamp, heldUntil: Timestamp) {
    self.trace = trace
    self.sequence = sequence
    self.deleted = deleted
    self.heldUntil = heldUntil
  }

  /// Writes the 40 bytes.
  package func encode(to bytes: UnsafeMutableRawPointer) {
    bytes.storeLittleEndian(trace.high, at: 0)
    bytes.storeLittleEndian(trace.low, at: 8)
    bytes.storeLittleEndian(sequence.rawValue, at: 16)
    bytes.storeLittleEndian(deleted.nanoseconds, at: 24)
    bytes.storeLittleEndian(heldUntil.nanoseconds, at: 32)
  }

  /// Reads the 40 bytes.
  ///
  /// - Parameter end: above all sequences it can have: else it would hide spans that came after it.
  package init(decoding bytes: UnsafeRawBufferPointer, below end: RecordSequence) throws(FormatError) {
    guard bytes.count == Self.byteCount, let start = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.byteCount)
    }
    trace = TraceDigest(high: start.littleEndian(at: 0), low: start.littleEndian(at: 8))
    sequence = RecordSequence(start.littleEndian(at: 16))
    deleted = Timestamp(nanoseconds: start.littleEndian(at: 24))
    heldUntil = Timestamp(nanoseconds: start.littleEndian(at: 32))
    guard sequence < end else { throw .field("sequence") }
  }
}
