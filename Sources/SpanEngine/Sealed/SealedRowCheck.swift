internal import SpanModel
internal import SpanWire

/// Holds the rows of a sealed segment against what its other sections and its footer say.
struct SealedRowCheck {
  private let parts: SealedParts
  private let hash: TraceIDHash
  private(set) var spanCount: UInt64 = 0
  private(set) var traceCount: UInt64 = 0
  private(set) var rawByteCount: UInt64 = 0
  private(set) var firstTime = UInt64.max
  private(set) var lastTime: UInt64 = 0
  /// Different hashes of traces.
  private(set) var hashCount = 0
  /// Traces that the filter does not know.
  private(set) var unfilteredTraceCount: UInt64 = 0
  private(set) var lastStart: UInt64 = 0
  /// Tags, and sections `edges`, held against the rows.
  private(set) var search: SealedSearchCheck
  /// What is wrong with the row group that is read: the first that was found.
  private(set) var fault: String?
  /// Spans of each record.
  private var spanCounts: [UInt32]
  private var last: (hash: UInt64, traceID: TraceID, spanID: UInt64)?
  private var isFirstOfGroup = true
  private var firstHash: UInt64?

  init(_ parts: SealedParts, hashKey: HashKey) {
    self.parts = parts
    hash = TraceIDHash(key: hashKey)
    search = SealedSearchCheck(parts, hashKey: hashKey)
    spanCounts = [UInt32](repeating: 0, count: parts.records?.count ?? 0)
  }

  /// - Parameter firstHash: of the group's first trace, when that is known.
  mutating func beginGroup(firstHash: UInt64?) {
    self.firstHash = firstHash
    isFirstOfGroup = true
    fault = nil
    search.beginGroup()
  }

  mutating func endGroup() { search.endGroup() }

  mutating func take(_ row: RowGroupReader.Row, _ span: UnsafeRawBufferPointer) {
    spanCount += 1
    rawByteCount += UInt64(span.count)
    firstTime = min(firstTime, row.start)
    lastTime = max(lastTime, row.end)
    lastStart = max(lastStart, row.start)
    search.take(row, span)
    checkOrder(row)
    checkNumbers(row)
    if !Self.agrees(row, span) { find("a span does not say what its row says") }
    isFirstOfGroup = false
  }

  private mutating func find(_ what: String) { fault = fault ?? what }

  private mutating func checkOrder(_ row: RowGroupReader.Row) {
    let traceHash = last?.traceID == row.traceID ? last?.hash ?? 0 : hash.hash(of: row.traceID)
    if isFirstOfGroup, let firstHash, firstHash != traceHash {
      find("its first trace is not the one that section fences names")
    }
    if let last {
      let isInOrder =
        (last.hash, last.traceID) < (traceHash, row.traceID)
        || (last.traceID == row.traceID && last.spanID <= row.spanID)
      if !isInOrder { find("traces or spans are out of order") }
    }
    if last?.traceID != row.traceID {
      traceCount += 1
      if last?.hash != traceHash || last == nil { hashCount += 1 }
      if parts.filter?.mayContain(traceHash) == false { unfilteredTraceCount += 1 }
    }
    last = (traceHash, row.traceID, row.spanID)
  }

  private mutating func checkNumbers(_ row: RowGroupReader.Row) {
    if let scopes = parts.scopes, Int(row.scope) >= scopes.count {
      find("a row names a scope that is not there")
    }
    guard let records = parts.records else { return }
    guard Int(row.record) < records.count else { return find("a row names a record that is not there") }
    spanCounts[Int(row.record)] += 1
    if spanCounts[Int(row.record)] > records[Int(row.record)].acceptedSpanCount {
      find("a record has more spans than it was accepted with")
    }
  }

  /// Whether a span's own bytes say what its row does.
  private static func agrees(_ row: RowGroupReader.Row, _ span: UnsafeRawBufferPointer) -> Bool {
    var fields = SpanFields()
    do throws(WireError) { try fields.read(ProtobufCursor(span)) } catch { return false }
    // A span without an end is kept as one that ends when it starts.
    let hasEnd = fields.end == row.end || (fields.end == 0 && row.end == row.start)
    return fields.traceIDByteCount == TraceID.byteCount && fields.spanIDByteCount == SpanID.byteCount
      && TraceID(high: fields.traceHigh, low: fields.traceLow) == row.traceID && fields.spanID == row.spanID
      && fields.parentID == row.parentID && fields.start == row.start && hasEnd
  }
}
