internal import SpanModel
internal import SpanWire

/// Reads and checks every byte of a sealed segment, and holds its parts against each other.
///
/// Memory: its dictionary, envelopes and records, and one row group.
struct SealedCheck {
  private let scan: SealedScan
  private let parts: SealedParts
  private var rows: SealedRowCheck
  private var damagedGroupCount = 0
  /// Traces that damage is known to touch, each once as far as they come in order.
  private(set) var affectedTraces: [TraceID] = []

  init(_ scan: SealedScan) throws(FileError) {
    self.scan = scan
    parts = try SealedParts(scan)
    rows = SealedRowCheck(parts, hashKey: scan.footer.hashKey)
  }

  /// Checks all of it; what is wrong is noted in the scan.
  mutating func run(affectedTraceCountMax: Int) throws(FileError) {
    let reader = parts.dictionary.map { RowGroupReader($0) }
    let isReadable = isReadable
    for number in scan.groups.indices {
      rows.beginGroup(firstHash: scan.firstHashes.isEmpty ? nil : scan.firstHashes[number])
      let outcome = try scan.readRows(of: number, in: reader) { row, span in
        rows.take(row, span)
        if !isReadable { touch(row.traceID, affectedTraceCountMax) }
      }
      rows.endGroup()
      if let fault = rows.fault { scan.note(scan.groups[number], .rows, "rowGroups: \(fault)") }
      guard case .damaged(let traces) = outcome else { continue }
      damagedGroupCount += 1
      for trace in traces { touch(trace, affectedTraceCountMax) }
    }
    checkRecords()
    if damagedGroupCount == 0, !scan.sections.isEmpty { checkCounts() }
  }

  /// Whether a store reads the segment at all: without one of these it reads none of its row groups.
  private var isReadable: Bool {
    let hasPlaces = scan.groups.isEmpty || !scan.firstHashes.isEmpty
    return hasPlaces && parts.dictionary != nil && parts.resources != nil && parts.scopes != nil
      && parts.records != nil && parts.supersedes != nil && parts.tombstones != nil
      && !scan.damages.contains { $0.extent == .segment }
  }

  private mutating func touch(_ trace: TraceID, _ countMax: Int) {
    guard affectedTraces.last != trace, affectedTraces.count < countMax else { return }
    affectedTraces.append(trace)
  }

  private func checkRecords() {
    guard let records = parts.records, let section = scan.section(.records) else { return }
    let sequences = records.map(\.sequence)
    if Set(sequences).count < sequences.count {
      scan.note(section.place, .nothing, "records: a record is there twice")
    }
    let footer = scan.footer
    let none = Timestamp(nanoseconds: 0)
    checkFooter("first record", footer.firstRecord.rawValue, sequences.min()?.rawValue ?? 0)
    checkFooter("last record", footer.lastRecord.rawValue, sequences.max()?.rawValue ?? 0)
    checkFooter(
      "first arrival", footer.firstArrival.nanoseconds, (records.map(\.arrival).min() ?? none).nanoseconds)
    checkFooter(
      "last arrival", footer.lastArrival.nanoseconds, (records.map(\.arrival).max() ?? none).nanoseconds)
  }

  private func checkCounts() {
    let footer = scan.footer
    checkFooter("spans", footer.spanCount, rows.spanCount)
    checkFooter("traces", footer.traceCount, rows.traceCount)
    checkFooter("row groups", footer.rowGroupCount, UInt64(scan.groups.count))
    checkFooter("raw bytes", footer.rawByteCount, rows.rawByteCount)
    checkFooter("first time", footer.firstTime.nanoseconds, rows.spanCount > 0 ? rows.firstTime : 0)
    checkFooter("last time", footer.lastTime.nanoseconds, rows.lastTime)
    if footer.lastStart.nanoseconds != 0 {
      checkFooter("last start", footer.lastStart.nanoseconds, rows.lastStart)
    }
    checkSearch()
    guard let filter = parts.filter, let section = scan.section(.traceFilter) else { return }
    if rows.unfilteredTraceCount > 0 {
      // A reader believes the filter.
      scan.note(section.place, .section, "traceFilter: it lacks \(rows.unfilteredTraceCount) traces")
    } else if filter.keyCount != rows.hashCount {
      scan.note(
        section.place, .nothing,
        "traceFilter: it was made of \(filter.keyCount) traces, and \(rows.hashCount) are there")
    }
  }

  private func checkSearch() {
    if let section = scan.section(.tagFilters), let filters = parts.tagFilters {
      if filters.count != scan.groups.count {
        scan.note(
          section.place, .nothing,
          "tagFilters: there are \(filters.count) filters and \(scan.groups.count) row groups")
      } else if rows.search.missingTagCount > 0 {
        // A search believes the filter.
        scan.note(section.place, .section, "tagFilters: they lack \(rows.search.missingTagCount) tags")
      }
    }
    guard let section = scan.section(.edges), let edges = parts.edges, parts.scopes != nil,
      parts.resources != nil
    else { return }
    if rows.search.edges != edges {
      scan.note(section.place, .nothing, "edges: the spans have others")
    }
  }

  private func checkFooter(_ what: String, _ said: UInt64, _ found: UInt64) {
    guard said != found else { return }
    let end = scan.fileByteCount
    let place = end - min(end, UInt64(SealedFooter.byteCount))..<end
    scan.note(place, .nothing, "footer: \(what) \(said), but \(found) in the segment")
  }
}
