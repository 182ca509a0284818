package import SpanModel

/// Makes the bytes of a sealed segment from spans in order of their traces.
///
/// Fed front to back, it hands out row groups as they are full and the sections at the end; it holds one row
/// group, the dictionary, and what a few bytes for each record and trace take. The same input gives the same
/// bytes.
package final class SegmentEncoder {
  /// Bytes of spans after which a row group ends.
  package static let rowGroupByteCount = 256 << 10
  /// What nobody may ask for more than, so that a reader need not hold more at once.
  package static let rowGroupByteCountMax = 512 << 10
  package static let rowCountMax = 8192
  /// Values in the columns of a row group. One takes a byte of its span at least, but for one of each row:
  /// 512 KiB of spans and a last one of as many steps as a template has stay below it.
  static let valueCountMax = 1 << 20
  /// Past it values stay in their row groups.
  static let dictionaryByteCountMax = 16 << 20

  package struct Options: Sendable {
    package var effort = SealedBlock.Effort.fast
    package var rowGroupByteCount = SegmentEncoder.rowGroupByteCount
    package init() {}
  }

  package private(set) var footer: SealedFooter
  let options: Options
  let salt: FileSalt
  /// Gets the file's bytes from front to back, but for the first 512, which come last.
  private let sink: (UnsafeRawBufferPointer) throws -> Void
  private(set) var position = UInt64(SealedFooter.byteCount)
  private(set) var group: RowGroupEncoder
  private var output = PlainArray<UInt8>()
  var traceHashes = PlainArray<UInt64>()
  var fences = PlainArray<UInt64>()
  /// Of each row group its tag filter, one behind the other.
  private(set) var tagFilters = PlainArray<UInt8>()
  private(set) var tagFilterByteCounts = PlainArray<UInt32>()
  private(set) var edges = EdgeTally()
  private var edgeRows = PlainArray<EdgeTally.Row>()
  private var envelopes = EnvelopeTable()
  private var records: [SealedRecord] = []
  private var recordNumbers: [RecordSequence: UInt32] = [:]
  /// Of the trace that spans are added to.
  private var traceID = TraceID.zero
  private var traceHash: UInt64 = 0
  private var lastTrace: (hash: UInt64, id: TraceID)?
  package var supersedes: [SupersededSegment] = []
  package var tombstones: [SealedTombstone] = []

  /// - Parameters:
  ///   - footer: with what is known beforehand: store, sequence, hash key, tenant and partition.
  ///   - write: gets the bytes from the 512th on.
  package init(
    _ footer: SealedFooter, options: Options = Options(),
    write: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) {
    precondition(options.rowGroupByteCount <= Self.rowGroupByteCountMax, "row groups too large to read")
    self.footer = footer
    self.options = options
    group = RowGroupEncoder(hashKey: footer.hashKey)
    sink = write
    salt = footer.salt
    if case .dense = options.effort { self.footer.isDense = true }
  }

  deinit {
    group.deallocate()
    output.deallocate()
    traceHashes.deallocate()
    fences.deallocate()
    tagFilters.deallocate()
    tagFilterByteCounts.deallocate()
    edgeRows.deallocate()
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try sink(bytes)
    position += UInt64(bytes.count)
  }
}

// MARK: Input

extension SegmentEncoder {
  /// The number of a resource envelope, for `scope`.
  package func resource(_ bytes: UnsafeRawBufferPointer) -> UInt32 { envelopes.resource(bytes) }

  /// The number of a scope envelope in its resource, for `add`.
  package func scope(_ bytes: UnsafeRawBufferPointer, resource: UInt32) -> UInt32 {
    let scopeCount = envelopes.scopes.count
    let number = envelopes.scope(bytes, resource: resource)
    if envelopes.scopes.count > scopeCount {
      envelopes.resources[Int(resource)].withUnsafeBytes { edges.addScope(resource: $0) }
    }
    return number
  }

  /// The number of a record, for `add`: not more than `SealedTables.recordCountMax` of them.
  package func record(_ record: SealedRecord) -> UInt32 {
    if let known = recordNumbers[record.sequence] { return known }
    precondition(records.count < SealedTables.recordCountMax, "more records than a segment can have")
    let number = UInt32(records.count)
    records.append(record)
    recordNumbers[record.sequence] = number
    return number
  }

  /// Begins a trace: in ascending order of hash, those of equal hash in order of their ids.
  package func beginTrace(_ id: TraceID, hash: UInt64) {
    if let lastTrace { precondition((lastTrace.hash, lastTrace.id) < (hash, id), "traces out of order") }
    lastTrace = (hash, id)
    traceID = id
    traceHash = hash
    traceHashes.append(hash)
  }

  /// Adds a span of the trace: in order of their ids.
  package func add(_ span: UnsafeRawBufferPointer, scope: UInt32, record: UInt32) throws {
    if group.rows.byteCount >= options.rowGroupByteCount || group.rows.count >= Self.rowCountMax {
      try endRowGroup()
    }
    group.add(span, of: traceID, hash: traceHash, scope: scope, record: record)
  }

  /// Ends the trace; a row group ends with it rather than in the next one.
  package func endTrace() throws {
    if group.rows.byteCount >= options.rowGroupByteCount - options.rowGroupByteCount / 8 { try endRowGroup() }
  }
}

// MARK: Output

extension SegmentEncoder {
  private func endRowGroup() throws {
    guard group.rows.count > 0 else { return }
    footer.spanCount += UInt64(group.rows.count)
    footer.rawByteCount += UInt64(group.rows.byteCount)
    footer.rowGroupCount += 1
    group.rows.widen(&footer)
    fences.append(group.rows.firstHash)
    fences.append(position)
    output.removeAll()
    countEdges()
    let filterByteCount = group.flush(
      into: &output, filters: &tagFilters, effort: options.effort, salt: salt, at: position)
    tagFilterByteCounts.append(UInt32(filterByteCount))
    try write(output.bytes)
  }

  private func countEdges() {
    let rows = group.rows
    var row = 0
    for rowCount in rows.rowCounts.elements {
      edgeRows.removeAll()
      for number in row..<row + Int(rowCount) {
        edgeRows.append(
          EdgeTally.Row(
            spanID: rows.spanIDs[number], parentID: rows.parentIDs[number], start: rows.starts[number],
            end: rows.ends[number], scope: UInt32(truncatingIfNeeded: rows.scopes[number]),
            isError: rows.errors[number]))
      }
      edges.addTrace(edgeRows.elements)
      row += Int(rowCount)
    }
    edges.endRowGroup()
  }

  /// Writes what is left, and the sections.
  ///
  /// - Returns: the footer, whose bytes belong at the start of the file, too.
  package func finish() throws -> SealedFooter {
    try endRowGroup()
    var sections = SectionsWriter(self)
    footer.traceCount = UInt64(traceHashes.count)
    footer.recordCount = UInt64(records.count)
    footer.firstRecord = records.map(\.sequence).min() ?? RecordSequence(0)
    footer.lastRecord = records.map(\.sequence).max() ?? RecordSequence(0)
    footer.firstArrival = records.map(\.arrival).min() ?? Timestamp(nanoseconds: 0)
    footer.lastArrival = records.map(\.arrival).max() ?? Timestamp(nanoseconds: 0)
    try sections.writeAll(envelopes, records)
    footer.tablePosition = position
    try sections.writeTable()
    footer.fileByteCount = position + UInt64(SealedFooter.byteCount)
    try footer.encoded().withUnsafeBytes { try write($0) }
    return footer
  }
}
