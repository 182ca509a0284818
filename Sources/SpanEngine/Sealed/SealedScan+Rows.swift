internal import SpanModel
internal import SpanWire

/// What reading a row group from front to back showed.
enum SealedRowsOutcome {
  case whole
  /// What is wrong was noted; the traces are those that the group is known to have.
  case damaged(traces: [TraceID])
}

extension SealedScan {
  /// Reads a row group, checks every byte of it, and hands each of its spans to `visit` in order.
  ///
  /// - Parameters:
  ///   - reader: made for the segment's dictionary; without one only the bytes are checked, which finds out
  ///     whose spans they are.
  ///   - visit: gets what is left of a group whose damage shows only on the way.
  func readRows(
    of number: Int, in reader: RowGroupReader?, _ visit: (RowGroupReader.Row, UnsafeRawBufferPointer) -> Void
  ) throws(FileError) -> SealedRowsOutcome {
    let place = groups[number]
    guard place.upperBound - place.lowerBound <= UInt64(RowGroupParts.byteCountMax) else {
      note(place, .rows, "rowGroups: no row group is so large")
      return .damaged(traces: [])
    }
    guard let bytes = try bytes(place, .rows, "rowGroups") else { return .damaged(traces: []) }
    let salt = footer.salt
    return bytes.withUnsafeBytes { bytes in
      let faults = RowGroupParts.faults(in: bytes, salt: salt, at: place.lowerBound)
      for fault in faults { note(fault.place, .rows, "rowGroups: \(fault.error)") }
      if faults.isEmpty, let reader {
        do throws(FormatError) {
          try reader.open(bytes, salt: salt, at: place.lowerBound)
          try Self.readAll(reader, visit)
          return .whole
        } catch {
          note(place, .rows, "rowGroups: \(error)")
        }
      }
      return .damaged(traces: RowGroupParts.traceIDs(in: bytes, salt: salt, at: place.lowerBound))
    }
  }

  private static func readAll(
    _ reader: RowGroupReader, _ visit: (RowGroupReader.Row, UnsafeRawBufferPointer) -> Void
  ) throws(FormatError) {
    try reader.begin(0..<reader.rowCount)
    for trace in 0..<reader.traceCount {
      let traceID = reader.traceID(trace)
      for number in reader.rows(ofTrace: trace) {
        let row = reader.row(number, ofTrace: traceID)
        visit(row, try reader.next(row))
      }
    }
  }
}
