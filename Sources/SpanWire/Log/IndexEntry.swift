/// Where a trace stands in a segment, under the tag of its id: what an index file is made of.
///
///     byte 0     4          8       12
///          ┌─────┬──────────┬───────┐
///          │ tag │ record/8 │ trace │
///          └─────┴──────────┴───────┘
package struct IndexEntry: Equatable, Sendable {
  package static let byteCount = 12

  /// The upper half of the keyed hash of the trace id.
  package let tag: UInt32
  /// Position of the record's header, in units of 8 bytes: 32 bits reach 32 GiB.
  package let recordPosition8: UInt32
  /// Number of the trace in the record's directory.
  package let trace: UInt32

  package init(tag: UInt32, recordPosition8: UInt32, trace: UInt32) {
    self.tag = tag
    self.recordPosition8 = recordPosition8
    self.trace = trace
  }

  package init(decoding bytes: UnsafeRawPointer) {
    tag = bytes.littleEndian(at: 0)
    recordPosition8 = bytes.littleEndian(at: 4)
    trace = bytes.littleEndian(at: 8)
  }

  package func encode(to bytes: UnsafeMutableRawPointer) {
    bytes.storeLittleEndian(tag, at: 0)
    bytes.storeLittleEndian(recordPosition8, at: 4)
    bytes.storeLittleEndian(trace, at: 8)
  }
}
