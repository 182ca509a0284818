internal import SpanModel

/// The small tables of a sealed segment, as its sections hold them.
package enum SealedTables {
  /// Records of a segment: what fits one block whatever they say.
  package static let recordCountMax = PackedIntegers.countMax
  private static let supersededByteCount = 32
  private static let tombstoneByteCount = 24

  /// - Parameter raw: the uncompressed section.
  package static func records(_ raw: [UInt8], count: UInt64) throws(FormatError) -> [SealedRecord] {
    try raw.withFormatBytes { raw throws(FormatError) in
      // Sequences differ: more than 256 of them take a byte each, or more.
      guard count <= UInt64(recordCountMax), count <= UInt64(raw.count) + 256 else {
        throw .field("record count")
      }
      var cursor = ProtobufCursor(raw)
      var records: [SealedRecord] = []
      var columns = [PlainArray<UInt64>](repeating: PlainArray(), count: 5)
      defer { for column in columns { column.deallocate() } }
      for column in columns.indices {
        try PackedIntegers.read(Int(count), from: &cursor, into: &columns[column])
      }
      guard cursor.isAtEnd else { throw .field("records") }
      records.reserveCapacity(Int(count))
      for number in 0..<Int(count) { records.append(try record(number, columns)) }
      return records
    }
  }

  private static func record(_ number: Int, _ columns: [PlainArray<UInt64>]) throws(FormatError)
    -> SealedRecord
  {
    guard columns[0][number] < 1 << 63, let accepted = UInt32(exactly: columns[2][number]),
      let rejected = UInt32(exactly: columns[3][number]), let rules = UInt16(exactly: columns[4][number])
    else { throw .field("records") }
    return SealedRecord(
      sequence: RecordSequence(columns[0][number]), arrival: Timestamp(nanoseconds: columns[1][number]),
      acceptedSpanCount: accepted, rejectedSpanCount: rejected, rulesVersion: rules)
  }

  package static func supersedes(_ raw: [UInt8]) throws(FormatError) -> [SupersededSegment] {
    try raw.withFormatBytes { raw throws(FormatError) in
      guard raw.count % supersededByteCount == 0 else { throw .field("supersedes") }
      var segments: [SupersededSegment] = []
      for number in 0..<raw.count / supersededByteCount {
        // SAFETY: that many are there.
        let base = raw.baseAddress.unsafelyUnwrapped + number * supersededByteCount
        let kind: UInt32 = base.littleEndian(at: 0)
        let lane: UInt32 = base.littleEndian(at: 4)
        let storeID = StoreID(decoding: base + 8)
        let sequence = SegmentSequence(base.littleEndian(at: 24))
        switch SupersededSegment.Kind(rawValue: UInt8(clamping: kind)) {
        case .log where sequence.rawValue < 1 << 63:
          segments.append(SupersededSegment(log: sequence, lane: lane, of: storeID))
        case .sealed where sequence.rawValue < 1 << 63 && lane == 0:
          segments.append(SupersededSegment(sealed: sequence, of: storeID))
        default: throw .field("supersedes")
        }
      }
      return segments
    }
  }

  package static func tombstones(_ raw: [UInt8]) throws(FormatError) -> [SealedTombstone] {
    try raw.withFormatBytes { raw throws(FormatError) in
      guard raw.count % tombstoneByteCount == 0 else { throw .field("tombstones") }
      var tombstones: [SealedTombstone] = []
      for number in 0..<raw.count / tombstoneByteCount {
        // SAFETY: that many are there.
        let base = raw.baseAddress.unsafelyUnwrapped + number * tombstoneByteCount
        let sequence: UInt64 = base.littleEndian(at: 16)
        guard sequence < 1 << 63 else { throw .field("tombstones") }
        tombstones.append(
          SealedTombstone(
            high: base.littleEndian(at: 0), low: base.littleEndian(at: 8), sequence: RecordSequence(sequence))
        )
      }
      return tombstones
    }
  }
}
