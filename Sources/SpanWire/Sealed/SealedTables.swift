internal import SpanModel

/// The small tables of a sealed segment, as its sections hold them.
package enum SealedTables {
  private static let supersededByteCount = 32
  private static let tombstoneByteCount = 24

  /// - Parameter raw: the uncompressed section.
  package static func records(_ raw: [UInt8], count: UInt64) throws(FormatError) -> [SealedRecord] {
    try raw.withFormatBytes { raw throws(FormatError) in
      // Each takes a bit or more, or all are one and the same, which sequences are not.
      guard count <= UInt64(raw.count) * 8 + 1 else { throw .field("record count") }
      var cursor = ProtobufCursor(raw)
      var columns: [[UInt64]] = []
      var values = PlainArray<UInt64>()
      defer { values.deallocate() }
      for _ in 0..<5 {
        try PackedIntegers.read(Int(count), from: &cursor, into: &values)
        columns.append(Array(values.elements))
      }
      guard cursor.isAtEnd else { throw .field("records") }
      return (0..<Int(count)).map { number in
        SealedRecord(
          sequence: RecordSequence(columns[0][number]), arrival: Timestamp(nanoseconds: columns[1][number]),
          acceptedSpanCount: UInt32(truncatingIfNeeded: columns[2][number]),
          rejectedSpanCount: UInt32(truncatingIfNeeded: columns[3][number]),
          rulesVersion: UInt16(truncatingIfNeeded: columns[4][number]))
      }
    }
  }

  package static func supersedes(_ raw: [UInt8]) throws(FormatError) -> [SupersededSegment] {
    try raw.withFormatBytes { raw throws(FormatError) in
      guard raw.count % supersededByteCount == 0 else { throw .field("supersedes") }
      var segments: [SupersededSegment] = []
      for number in 0..<raw.count / supersededByteCount {
        // SAFETY: that many are there.
        let base = raw.baseAddress.unsafelyUnwrapped + number * supersededByteCount
        let kind: UInt32 = base.littleEndian(at: 0)
        let storeID = StoreID(decoding: base + 8)
        let sequence = SegmentSequence(base.littleEndian(at: 24))
        switch SupersededSegment.Kind(rawValue: UInt8(clamping: kind)) {
        case .log:
          segments.append(SupersededSegment(log: sequence, lane: base.littleEndian(at: 4), of: storeID))
        case .sealed: segments.append(SupersededSegment(sealed: sequence, of: storeID))
        case nil: throw .field("supersedes")
        }
      }
      return segments
    }
  }

  package static func tombstones(_ raw: [UInt8]) throws(FormatError) -> [SealedTombstone] {
    try raw.withFormatBytes { raw throws(FormatError) in
      guard raw.count % tombstoneByteCount == 0 else { throw .field("tombstones") }
      return (0..<raw.count / tombstoneByteCount).map { number in
        // SAFETY: that many are there.
        let base = raw.baseAddress.unsafelyUnwrapped + number * tombstoneByteCount
        return SealedTombstone(
          high: base.littleEndian(at: 0), low: base.littleEndian(at: 8),
          sequence: RecordSequence(base.littleEndian(at: 16)))
      }
    }
  }
}
