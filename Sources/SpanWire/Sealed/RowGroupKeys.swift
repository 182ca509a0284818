internal import SpanModel

/// The key block of a row group: what every span has.
struct RowGroupKeys {
  private(set) var rowCount = 0
  private(set) var traceIDs = PlainArray<UInt64>()
  /// Of each trace its first row; then that of all.
  private(set) var firstRows = PlainArray<Int>()
  private(set) var templates = PlainArray<UInt64>()
  private(set) var scopes = PlainArray<UInt64>()
  private(set) var records = PlainArray<UInt64>()
  private(set) var spanIDs = PlainArray<UInt64>()
  private(set) var parentIDs = PlainArray<UInt64>()
  private(set) var starts = PlainArray<UInt64>()
  private(set) var ends = PlainArray<UInt64>()
  private var memory = PlainArray<UInt64>()
  private var more = PlainArray<UInt64>()

  var traceCount: Int { max(0, firstRows.count - 1) }

  func deallocate() {
    for array in [traceIDs, templates, scopes, records, spanIDs, parentIDs, starts, ends, memory, more] {
      array.deallocate()
    }
    firstRows.deallocate()
  }

  /// The rows of the trace, or `nil` when it is not here.
  func rows(of trace: TraceID) -> Range<Int>? {
    for number in 0..<traceCount
    where traceIDs[2 * number &+ 1] == trace.low && traceIDs[2 * number] == trace.high {
      return rows(ofTrace: number)
    }
    return nil
  }

  func traceID(_ number: Int) -> TraceID {
    TraceID(high: traceIDs[2 * number], low: traceIDs[2 * number + 1])
  }

  func rows(ofTrace number: Int) -> Range<Int> { firstRows[number]..<firstRows[number + 1] }

  /// Has no rows from now on.
  mutating func removeAll() {
    rowCount = 0
    firstRows.removeAll()
  }

  /// Reads all but the names.
  mutating func read(_ cursor: inout ProtobufCursor) throws(FormatError) {
    let counts: (rows: Int, traces: Int)
    do throws(WireError) {
      counts = (Int(try cursor.readFixed32()), Int(try cursor.readFixed32()))
      guard counts.rows > 0, counts.rows <= SegmentEncoder.rowCountMax, counts.traces > 0,
        counts.traces <= counts.rows
      else {
        throw WireError(.truncated, position: 0)
      }
      try Self.readIDs(2 * counts.traces, &cursor, into: &traceIDs)
    } catch {
      throw .field("row group counts")
    }
    rowCount = counts.rows
    try readTraces(counts.traces, &cursor)
    try Self.readNumbers(rowCount, &cursor, into: &templates)
    try Self.readNumbers(rowCount, &cursor, into: &scopes)
    try Self.readNumbers(rowCount, &cursor, into: &records)
    do throws(WireError) { try Self.readIDs(rowCount, &cursor, into: &spanIDs) } catch {
      throw .field("span ids")
    }
    try readParents(&cursor)
    try readTimes(&cursor)
  }

  /// Numbers of 32 bits.
  private static func readNumbers(
    _ count: Int, _ cursor: inout ProtobufCursor, into numbers: inout PlainArray<UInt64>
  ) throws(FormatError) {
    try PackedIntegers.read(count, from: &cursor, into: &numbers)
    for number in numbers.elements where number > UInt64(UInt32.max) { throw .field("number of a row") }
  }

  private static func readIDs(
    _ count: Int, _ cursor: inout ProtobufCursor, into ids: inout PlainArray<UInt64>
  ) throws(WireError) {
    let bytes = try cursor.readBytes(8 * count)
    ids.removeAll()
    for number in 0..<count {
      ids.append(UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * number, as: UInt64.self)))
    }
  }

  private mutating func readTraces(_ count: Int, _ cursor: inout ProtobufCursor) throws(FormatError) {
    try PackedIntegers.read(count, from: &cursor, into: &memory)
    firstRows.removeAll()
    firstRows.append(0)
    var row: UInt64 = 0
    for added in memory.elements {
      guard added > 0, added <= UInt64(rowCount) - row else { throw .field("rows of a trace") }
      row += added
      firstRows.append(Int(row))
    }
    guard row == UInt64(rowCount) else { throw .field("rows of a trace") }
  }

  private mutating func readParents(_ cursor: inout ProtobufCursor) throws(FormatError) {
    try PackedIntegers.read(rowCount, from: &cursor, into: &memory)
    var apart = 0
    for code in memory.elements where code == 1 { apart &+= 1 }
    do throws(WireError) { try Self.readIDs(apart, &cursor, into: &more) } catch { throw .field("parents") }
    parentIDs.removeAll()
    apart = 0
    for number in 0..<traceCount {
      let rows = rows(ofTrace: number)
      for row in rows {
        switch memory[row] {
        case 0: parentIDs.append(0)
        case 1:
          parentIDs.append(more[apart])
          apart &+= 1
        case let code:
          guard code &- 2 < UInt64(rows.count) else { throw .field("parent") }
          parentIDs.append(spanIDs[rows.lowerBound + Int(code &- 2)])
        }
      }
    }
  }

  private mutating func readTimes(_ cursor: inout ProtobufCursor) throws(FormatError) {
    try PackedIntegers.read(traceCount, from: &cursor, into: &memory)
    try PackedIntegers.read(rowCount, from: &cursor, into: &starts)
    try PackedIntegers.read(rowCount, from: &cursor, into: &ends)
    for number in 0..<traceCount {
      let least = memory[number]
      for row in rows(ofTrace: number) {
        starts[row] = starts[row] &+ least
        ends[row] = starts[row] &+ ZigZag.decode(ends[row])
      }
    }
  }
}
