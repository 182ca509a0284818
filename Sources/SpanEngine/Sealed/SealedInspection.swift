package import SpanModel
package import SpanWire

/// What a sealed segment holds, part by part.
package enum InspectedPart: Sendable {
  case footer(name: String, SealedFooter)
  case section(SealedSection)
  case templates(count: Int)
  case column(number: Int, ColumnKey, entryCount: Int)
  case superseded(SupersededSegment)
  case tombstone(SealedTombstone)
  case record(number: Int, SealedRecord)
  case tagFilters(count: Int, byteCount: Int)
  case edges(ServiceEdges)
  case rowGroup(InspectedRowGroup)
  /// A trace in the row group before, and how many spans of it.
  case trace(TraceID, spanCount: Int)
  case span(InspectedSpan)
  case damage(Damage)
}

package struct InspectedRowGroup: Sendable {
  package let number: Int
  package let position: UInt64
  /// Of the blocks as they are stored; `nil` when that cannot be told.
  package let byteCounts: (keys: UInt64, values: UInt64)?
  /// `nil` when the section that says it is damaged.
  package let firstHash: UInt64?
  package let traceCount: Int
  package let spanCount: Int
}

package struct InspectedSpan: Sendable {
  package let spanID: UInt64
  package let parentID: UInt64
  package let start: Timestamp
  package let end: Timestamp
  package let scope: UInt32
  package let record: UInt32
  package let byteCount: Int
}

package enum SealedInspection {
  package struct Detail: Sendable {
    package var showsTraces = false
    package var showsSpans = false
    package init() {}
  }

  /// Names of the sealed segments in a data directory.
  package static func segmentNames(in directory: String, platform: any Platform = LinuxPlatform())
    throws(StoreError) -> [String]
  {
    let directory = try shown(directory, platform)
    do { return try directory.fileNames().filter { FileName.parseSealed($0) != nil }.sorted() } catch {
      throw .file(error)
    }
  }

  /// Reads the sealed segment `name` of `directory` from front to back, and checks what it reads.
  package static func inspect(
    _ name: String, in directory: String, _ detail: Detail = Detail(),
    platform: any Platform = LinuxPlatform(), _ visit: (InspectedPart) -> Void
  ) throws(StoreError) {
    let lock = try DirectoryLock.shared(in: Directory(directory, on: platform))
    defer { lock.release() }
    let scan = try SealedScan.open(name, in: try shown(directory, platform))
    do throws(FileError) {
      let parts = try SealedParts(scan)
      visit(.footer(name: name, scan.footer))
      for section in scan.sections { visit(.section(section)) }
      show(parts, visit)
      let reader = parts.dictionary.map { RowGroupReader($0) }
      for number in scan.groups.indices { try show(number, of: scan, reader, detail, visit) }
    } catch {
      throw .file(error)
    }
    for damage in scan.damages { visit(.damage(damage)) }
  }

  /// The directory as it will be when whoever opens it for writing has finished what a crash left.
  static func shown(_ directory: String, _ platform: any Platform) throws(StoreError) -> Directory {
    let directory = Directory(directory, on: platform)
    return try FoundSets(in: directory).shown(directory)
  }

  private static func show(_ parts: SealedParts, _ visit: (InspectedPart) -> Void) {
    if let dictionary = parts.dictionary {
      visit(.templates(count: dictionary.templateCount))
      for (number, column) in dictionary.columns.enumerated() {
        visit(.column(number: number, column, entryCount: dictionary.entryCount(of: number)))
      }
    }
    for segment in parts.supersedes ?? [] { visit(.superseded(segment)) }
    for tombstone in parts.tombstones ?? [] { visit(.tombstone(tombstone)) }
    for (number, record) in (parts.records ?? []).enumerated() { visit(.record(number: number, record)) }
    if let filters = parts.tagFilters {
      visit(.tagFilters(count: filters.count, byteCount: filters.reduce(0) { $0 + $1.count }))
    }
    if let edges = parts.edges { visit(.edges(edges)) }
  }

  private static func show(
    _ number: Int, of scan: SealedScan, _ reader: RowGroupReader?, _ detail: Detail,
    _ visit: (InspectedPart) -> Void
  ) throws(FileError) {
    var traces: [(id: TraceID, spans: [InspectedSpan])] = []
    var spanCount = 0
    let outcome = try scan.readRows(of: number, in: reader) { (row, span) in
      if traces.last?.id != row.traceID { traces.append((row.traceID, [])) }
      traces[traces.count - 1].spans.append(InspectedSpan(row, byteCount: span.count))
      spanCount += 1
    }
    if traces.isEmpty, case .damaged(let known) = outcome { traces = known.map { ($0, []) } }
    visit(
      .rowGroup(
        InspectedRowGroup(
          number: number, position: scan.groups[number].lowerBound,
          byteCounts: try scan.partByteCounts(ofGroup: number),
          firstHash: scan.firstHashes.isEmpty ? nil : scan.firstHashes[number], traceCount: traces.count,
          spanCount: spanCount)))
    guard detail.showsTraces || detail.showsSpans else { return }
    for trace in traces {
      visit(.trace(trace.id, spanCount: trace.spans.count))
      guard detail.showsSpans else { continue }
      for span in trace.spans { visit(.span(span)) }
    }
  }
}

extension InspectedSpan {
  fileprivate init(_ row: RowGroupReader.Row, byteCount: Int) {
    spanID = row.spanID
    parentID = row.parentID
    start = Timestamp(nanoseconds: row.start)
    end = Timestamp(nanoseconds: row.end)
    scope = row.scope
    record = row.record
    self.byteCount = byteCount
  }
}

extension SealedScan {
  /// Opens a file for a tool.
  static func open(_ name: String, in directory: Directory) throws(StoreError) -> SealedScan {
    do { return try SealedScan(name, in: directory) } catch {
      switch error {
      case .file(let error): throw .file(error)
      case .damaged(let damage): throw .corrupt(damage)
      case .newer(let error): throw .unusable(path: directory.path(of: name), reason: error.description)
      }
    }
  }

  /// Bytes of a row group's key block and value block as they are stored; `nil` when it cannot be told.
  func partByteCounts(ofGroup number: Int) throws(FileError) -> (keys: UInt64, values: UInt64)? {
    let place = groups[number]
    let keys = try blockByteCount(at: place.lowerBound, end: place.upperBound)
    return keys.map { ($0, place.upperBound - place.lowerBound - $0) }
  }
}
