internal import SpanEngine
internal import SpanModel
internal import SpanWire

/// The spans of some records that come next, while the row groups of a sealed segment go by.
///
/// When they are more than there is memory for, those of the last records are let go of again.
struct SealedCollection {
  private(set) var records: [HeldRecord] = []
  /// Of each record of the segment its place in `records`; -1 of those that are not collected.
  private var places: [Int]
  private var byteCount = 0
  private let byteCountMax: Int

  /// - Parameters:
  ///   - order: numbers of the records that come next.
  ///   - spanByteCount: of a span, as far as is known.
  init(_ all: [SealedRecord], _ order: ArraySlice<Int>, spanByteCount: Int, byteCountMax: Int) {
    self.byteCountMax = byteCountMax
    places = Array(repeating: -1, count: all.count)
    var expected = 0
    for number in order {
      expected += Int(all[number].acceptedSpanCount) * (spanByteCount + HeldRecord.spanOverheadByteCount)
      if expected > byteCountMax, !records.isEmpty { break }
      places[number] = records.count
      records.append(HeldRecord(record: all[number]))
    }
  }

  var recordCount: Int { records.count }

  /// Takes what is wanted of a row group.
  ///
  /// - Parameter hiddenEnd: the sequence below which all spans of a trace are hidden.
  mutating func take(
    _ reader: RowGroupReader, scopeCount: Int, _ hiddenEnd: (TraceID) -> RecordSequence
  ) throws(FormatError) {
    for trace in 0..<reader.traceCount {
      let traceID = reader.traceID(trace)
      let hiddenEnd = hiddenEnd(traceID)
      for number in reader.rows(ofTrace: trace) {
        let row = reader.row(number, ofTrace: traceID)
        guard Int(row.scope) < scopeCount, Int(row.record) < places.count else {
          throw .field("scope or record number")
        }
        let place = places[Int(row.record)]
        guard place >= 0, place < records.count, records[place].record.sequence >= hiddenEnd else { continue }
        try reader.begin(number..<number + 1)
        byteCount += records[place].add(try reader.next(row), scope: row.scope)
        shrink()
      }
    }
  }

  private mutating func shrink() {
    while byteCount > byteCountMax, records.count > 1, let last = records.popLast() {
      byteCount -= last.byteCount
    }
  }
}

/// A record and its spans that were met so far.
struct HeldRecord {
  /// Besides the bytes of a span.
  static let spanOverheadByteCount = MemoryLayout<Span>.stride

  private struct Span {
    let scope: UInt32
    let byteCount: Int
    let position: Int
  }

  let record: SealedRecord
  private var bytes: [UInt8] = []
  private var spans: [Span] = []

  init(record: SealedRecord) { self.record = record }

  var isEmpty: Bool { spans.isEmpty }
  var byteCount: Int { bytes.count + spans.count * Self.spanOverheadByteCount }

  /// - Returns: how many more bytes are held.
  mutating func add(_ span: UnsafeRawBufferPointer, scope: UInt32) -> Int {
    spans.append(Span(scope: scope, byteCount: span.count, position: bytes.count))
    bytes.append(contentsOf: span)
    return span.count + Self.spanOverheadByteCount
  }

  /// The request again, each scope in it once.
  func request(_ contents: SealedContents) -> ArrivedRequest {
    var builder = TracesDataBuilder()
    var before: UInt32?
    let sorted = spans.sorted { left, right in
      (contents.scopes[Int(left.scope)].resource, left.scope, left.position)
        < (contents.scopes[Int(right.scope)].resource, right.scope, right.position)
    }
    for span in sorted {
      if before != span.scope {
        begin(
          contents.scopes[Int(span.scope)], after: before.map { contents.scopes[Int($0)] }, contents, &builder
        )
        before = span.scope
      }
      bytes[span.position..<span.position + span.byteCount].withUnsafeBytes { builder.add(span: $0) }
    }
    return ArrivedRequest(
      sequence: record.sequence, arrival: record.arrival, bytes: builder.finish(), spanCount: spans.count)
  }

  private func begin(
    _ scope: SealedContents.Scope, after before: SealedContents.Scope?, _ contents: SealedContents,
    _ builder: inout TracesDataBuilder
  ) {
    if scope.resource == before?.resource {
      builder.begin(scope: scope.bytes)
    } else {
      builder.begin(resource: contents.resources[scope.resource], scope: scope.bytes)
    }
  }
}
