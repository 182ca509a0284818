internal import SpanModel

/// What every span of a row group has: where it belongs and when it was.
struct RowGroupRows {
  private(set) var byteCount = 0
  private(set) var firstHash: UInt64 = 0
  private(set) var traceIDs = PlainArray<UInt64>()
  private(set) var rowCounts = PlainArray<UInt64>()
  private(set) var templates = PlainArray<UInt64>()
  private(set) var scopes = PlainArray<UInt64>()
  private(set) var records = PlainArray<UInt64>()
  private(set) var spanIDs = PlainArray<UInt64>()
  private(set) var parentIDs = PlainArray<UInt64>()
  private(set) var starts = PlainArray<UInt64>()
  private(set) var ends = PlainArray<UInt64>()
  /// Whether the status of each is error.
  private(set) var errors = PlainArray<Bool>()
  private var lastTrace: TraceID?

  var count: Int { templates.count }
  var traceCount: Int { rowCounts.count }

  func deallocate() {
    for array in [traceIDs, rowCounts, templates, scopes, records, spanIDs, parentIDs, starts, ends] {
      array.deallocate()
    }
    errors.deallocate()
  }

  /// Begins the trace in this row group, if the last row is of another one.
  mutating func beginTraceIfNew(_ id: TraceID, hash: UInt64) {
    if lastTrace == id { return }
    lastTrace = id
    if traceCount == 0 { firstHash = hash }
    traceIDs.append(id.high)
    traceIDs.append(id.low)
    rowCounts.append(0)
  }

  @inline(__always)
  mutating func append(
    template: UInt64, scope: UInt64, record: UInt64, _ span: SpanKeys, isError: Bool, byteCount added: Int
  ) {
    templates.append(template)
    scopes.append(scope)
    records.append(record)
    spanIDs.append(span.spanID)
    parentIDs.append(span.parentID)
    starts.append(span.start)
    ends.append(span.end)
    errors.append(isError)
    rowCounts[rowCounts.count &- 1] &+= 1
    byteCount &+= added
  }

  mutating func removeAll() {
    lastTrace = nil
    byteCount = 0
    traceIDs.removeAll()
    rowCounts.removeAll()
    templates.removeAll()
    scopes.removeAll()
    records.removeAll()
    spanIDs.removeAll()
    parentIDs.removeAll()
    starts.removeAll()
    ends.removeAll()
    errors.removeAll()
  }

  /// Widens the footer's times to those of these rows.
  func widen(_ footer: inout SealedFooter) {
    let first = starts.elements.min() ?? 0
    let last = ends.elements.max() ?? 0
    let lastStart = starts.elements.max() ?? 0
    footer.lastStart = max(footer.lastStart, Timestamp(nanoseconds: lastStart))
    let isFirst = footer.rowGroupCount == 1
    footer.firstTime =
      isFirst ? Timestamp(nanoseconds: first) : min(footer.firstTime, Timestamp(nanoseconds: first))
    footer.lastTime =
      isFirst ? Timestamp(nanoseconds: last) : max(footer.lastTime, Timestamp(nanoseconds: last))
  }
}
