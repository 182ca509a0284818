internal import SpanModel
internal import SpanWire

/// Holds the rows of a sealed segment against the sections that searches ask: tag filters and edges.
struct SealedSearchCheck {
  private let hash: TagHash
  private let filters: [[UInt8]]?
  private let scopeCount: Int
  private var tally = EdgeTally()
  private var group = -1
  private var traceID = TraceID.zero
  /// Of the trace that goes by, as far as it is in this row group.
  private var rows: [EdgeTally.Row] = []
  /// Tags of spans that the filters of their row groups do not know.
  private(set) var missingTagCount: UInt64 = 0

  init(_ parts: SealedParts, hashKey: HashKey) {
    hash = TagHash(key: hashKey)
    filters = parts.tagFilters
    scopeCount = parts.scopes?.count ?? 0
    for scope in parts.scopes ?? [] {
      let resource = parts.resources.flatMap { scope.resource < $0.count ? $0[scope.resource] : nil } ?? []
      resource.withUnsafeBytes { tally.addScope(resource: $0) }
    }
  }

  /// What the spans say of the services that call each other.
  var edges: ServiceEdges? { tally.result }

  mutating func beginGroup() { group += 1 }

  mutating func take(_ row: RowGroupReader.Row, _ span: UnsafeRawBufferPointer) {
    if row.traceID != traceID { endTrace() }
    traceID = row.traceID
    let isError = checkTags(row, span)
    guard Int(row.scope) < scopeCount else { return }
    rows.append(
      EdgeTally.Row(
        spanID: row.spanID, parentID: row.parentID, start: row.start, end: row.end, scope: row.scope,
        isError: isError))
  }

  /// - Returns: whether the span's status is error.
  private mutating func checkTags(_ row: RowGroupReader.Row, _ span: UnsafeRawBufferPointer) -> Bool {
    guard let filters, group < filters.count else {
      return hash.forEachTag(of: span) { _ in }.isError
    }
    let hash = hash
    let (isError, missing) = filters[group].withUnsafeBytes { bytes in
      let filter = TagFilter(bytes)
      var missing: UInt64 = filter.mayContain(hash.tag(scope: row.scope)) ? 0 : 1
      let isError = hash.forEachTag(of: span) { if !filter.mayContain($0) { missing += 1 } }.isError
      return (isError, missing)
    }
    missingTagCount += missing
    return isError
  }

  private mutating func endTrace() {
    rows.withUnsafeBufferPointer { tally.addTrace($0) }
    rows.removeAll(keepingCapacity: true)
  }

  mutating func endGroup() {
    endTrace()
    traceID = .zero
    tally.endRowGroup()
  }
}
