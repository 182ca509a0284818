package import SpanModel

/// Reads a row group: whose spans are in it, and the bytes of those that are wanted.
///
/// Its memory is used again from one row group to the next. One thread at a time. After an error another row
/// group must be opened, or the same again.
package final class RowGroupReader {
  private var decoder: RowGroupDecoder
  private var stored = PlainArray<UInt8>()

  package init(_ dictionary: SealedDictionary) { decoder = RowGroupDecoder(dictionary) }

  deinit {
    decoder.deallocate()
    stored.deallocate()
  }

  /// Memory to read a row group into, for `open`; it lasts until the next call.
  package func room(for byteCount: Int) -> UnsafeMutableRawBufferPointer {
    stored.removeAll()
    stored.append(repeating: 0, count: byteCount)
    return UnsafeMutableRawBufferPointer(start: stored.base, count: byteCount)
  }

  /// Goes to a row group.
  ///
  /// - Parameters:
  ///   - bytes: all of it; they stay as they are until the next one is opened.
  ///   - position: where in the file they stand.
  package func open(_ bytes: UnsafeRawBufferPointer, salt: FileSalt, at position: UInt64) throws(FormatError)
  {
    try decoder.open(bytes, salt: salt, at: position)
  }

  /// Bytes of a column before its block is compressed.
  package func byteCount(ofColumn column: Int) -> Int { decoder.byteCount(ofColumn: column) }

  package var rowCount: Int { decoder.keys.rowCount }
  package var traceCount: Int { decoder.keys.traceCount }
  package func traceID(_ number: Int) -> TraceID { decoder.keys.traceID(number) }
  package func rows(ofTrace number: Int) -> Range<Int> { decoder.keys.rows(ofTrace: number) }
  /// The rows of the trace, or `nil` when it is not here.
  package func rows(of trace: TraceID) -> Range<Int>? { decoder.keys.rows(of: trace) }

  /// What a row says besides its span's bytes.
  package struct Row {
    package let traceID: TraceID
    package let spanID: UInt64
    package let parentID: UInt64
    package let start: UInt64
    package let end: UInt64
    package let scope: UInt32
    package let record: UInt32
  }

  package func row(_ row: Int, ofTrace traceID: TraceID) -> Row { decoder.row(row, ofTrace: traceID) }

  /// Goes to the first of some rows of one trace, for `next`.
  ///
  /// Rows further behind are reached quickly; going back begins the row group again.
  package func begin(_ rows: Range<Int>) throws(FormatError) { try decoder.begin(rows) }

  /// The bytes of the span of the next of these rows; they last until the next call.
  package func next(_ row: Row) throws(FormatError) -> UnsafeRawBufferPointer {
    try decoder.assembleNext(row)
  }
}
