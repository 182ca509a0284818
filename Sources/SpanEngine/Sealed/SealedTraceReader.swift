package import SpanModel
package import SpanWire

/// The spans of one trace in one sealed segment, in order of their ids. One thread at a time.
package final class SealedTraceReader {
  package let segment: SealedSegment
  private let traceID: TraceID
  private let hash: UInt64
  private var contents: SealedContents?
  private var reader: RowGroupReader?
  private var groups: Range<Int>
  /// The row group that is open, and its rows still to come.
  private var group = 0
  private var rows = 0..<0

  /// A span and what it belongs to.
  package struct Found {
    package let row: RowGroupReader.Row
    package let resource: Int
    package let record: SealedRecord
  }

  /// - Returns: `nil` when the segment is known to have none.
  package init?(_ segment: SealedSegment, _ traceID: TraceID) {
    self.segment = segment
    self.traceID = traceID
    hash = TraceIDHash(key: segment.footer.hashKey).hash(of: traceID)
    guard segment.mayHold(hash) else { return nil }
    groups = segment.layout.rowGroups(of: hash)
    if groups.isEmpty { return nil }
  }

  /// About how many spans of the trace there are, when they fill more than two row groups: else zero.
  package var largeSpanCount: UInt64 {
    let footer = segment.footer
    // The footer may say anything; a row group has no more rows than that.
    let rowCount = min(footer.spanCount / max(1, footer.rowGroupCount), UInt64(SegmentEncoder.rowCountMax))
    return UInt64(max(0, groups.count - 2)) * rowCount
  }

  /// Whether there may be more spans than were handed out.
  package var hasMore: Bool { !rows.isEmpty || !groups.isEmpty }

  /// Lets go of all it has read; it is read again when the next span is asked for.
  package func suspend() {
    reader = nil
    contents = nil
  }

  package func resource(_ number: Int) -> [UInt8] { contents?.resources[number] ?? [] }
  package func scope(_ number: UInt32) -> [UInt8] { contents?.scopes[Int(number)].bytes ?? [] }

  /// Hands the next span to `use`, whose bytes last for the call.
  ///
  /// - Parameter last: the greatest id of a span that is wanted now.
  /// - Returns: `nil` when there is none.
  /// - Throws: `.corrupt` for a row group that is damaged; what follows is of the next one.
  package func next<Value>(
    through last: UInt64 = .max, _ use: (Found, UnsafeRawBufferPointer) throws(StoreError) -> Value
  ) throws(StoreError) -> Value? {
    if reader == nil, !rows.isEmpty { try openAgain() }
    while rows.isEmpty {
      guard try openNextGroup() else { return nil }
    }
    guard let reader, let contents else { return nil }
    let number = rows.lowerBound
    let row = reader.row(number, ofTrace: traceID)
    if row.spanID > last { return nil }
    rows = number + 1..<rows.upperBound
    guard Int(row.scope) < contents.scopes.count, Int(row.record) < contents.records.count else {
      rows = 0..<0
      throw segment.damage(ofRowGroup: group, .field("scope or record number"))
    }
    let span: UnsafeRawBufferPointer
    do throws(FormatError) { span = try reader.next(row) } catch {
      rows = 0..<0
      throw segment.damage(ofRowGroup: group, error)
    }
    let found = Found(
      row: row, resource: contents.scopes[Int(row.scope)].resource, record: contents.records[Int(row.record)])
    return try use(found, span)
  }

  /// Goes back to where it was before it let go of all.
  private func openAgain() throws(StoreError) {
    let wanted = rows
    // Should this fail, the rest of the row group cannot be read.
    rows = 0..<0
    let found = try segment.contents()
    let reader = RowGroupReader(found.dictionary)
    try segment.open(rowGroup: group, in: reader)
    do throws(FormatError) { try reader.begin(wanted) } catch {
      throw segment.damage(ofRowGroup: group, error)
    }
    (self.reader, contents, rows) = (reader, found, wanted)
  }

  private func openNextGroup() throws(StoreError) -> Bool {
    guard let number = groups.first else { return false }
    groups = groups.dropFirst()
    group = number
    if contents == nil {
      // Should this fail, none of the groups can be read.
      let rest = groups
      groups = 0..<0
      let found = try segment.contents()
      contents = found
      reader = RowGroupReader(found.dictionary)
      groups = rest
    }
    guard let reader else { return false }
    try segment.open(rowGroup: number, in: reader)
    do throws(FormatError) {
      rows = reader.rows(of: traceID) ?? 0..<0
      if !rows.isEmpty { try reader.begin(rows) }
    } catch {
      rows = 0..<0
      throw segment.damage(ofRowGroup: number, error)
    }
    return true
  }
}
