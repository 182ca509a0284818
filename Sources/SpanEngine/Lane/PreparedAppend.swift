internal import SpanModel
package import SpanWire

/// Arrays that `Store.prepare` uses again from one request to the next; one for each thread that appends.
package struct AppendScratch {
  var batch = SpanBatch()
  var builder: DirectoryBuilder?

  package init() {}
}

/// A request that was scanned, grouped and checksummed, and only lacks its place in a file.
///
/// Its memory is one run for record header, page table and directory, and the body as it was received.
package final class PreparedAppend: @unchecked Sendable {
  // SAFETY: made by one thread, handed to the lane's and used by nobody else after that.

  package let acceptedSpanCount: Int
  package let rejectedSpanCount: Int
  /// For OTLP's partial success: how the first of the rejected spans was wrong. `nil` when none was.
  package let rejectionMessage: String?
  /// Of the rejected spans, those whose trace is held after its deletion; they are not in the body.
  let heldSpanCount: Int
  package let counts: DirectoryCounts
  /// Of the holds it was held against; see `TraceHolds`.
  let holdVersion: UInt64
  let arrival: Timestamp
  package let owner: RecordOwner
  private let body: RequestBuffer
  /// Record header and page table, then, from `directoryStart` on, the directory.
  private let memory: UnsafeMutableRawPointer
  private let headByteCount: Int
  private let directoryStart: Int
  private var layout: RecordLayout?

  init(
    _ body: RequestBuffer, of owner: RecordOwner = RecordOwner(), batch: borrowing SpanBatch,
    builder: inout DirectoryBuilder, arrival: Timestamp, refused: RefusedSpans = RefusedSpans()
  ) {
    self.body = body
    self.owner = owner
    self.arrival = arrival
    acceptedSpanCount = batch.spans.count
    rejectedSpanCount = batch.rejectedSpanCount + refused.spanCount
    heldSpanCount = refused.heldSpanCount
    holdVersion = refused.holdVersion
    rejectionMessage = (refused.first ?? batch.firstRejection)?.description
    counts = builder.group(batch)
    let layout = RecordLayout(
      bodyByteCount: body.byteCount, directoryByteCount: counts.directoryByteCount, isAligned: false, at: 0)
    headByteCount = layout.tablePosition + layout.tableByteCount
    directoryStart = RecordLayout.aligned(headByteCount)
    memory = .allocate(byteCount: directoryStart + counts.directoryByteCount, alignment: 8)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: directoryStart)
    builder.encode(batch, counts: counts, to: memory + directoryStart)
    let table = memory + layout.tablePosition
    PageTable.encode(pagesOf: body.bytes, to: table)
    PageTable.encode(
      pagesOf: directoryBytes, to: table + layout.bodyPageCount * RecordLayout.checksumByteCount)
  }

  deinit { memory.deallocate() }

  private var directoryBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: memory + directoryStart, count: counts.directoryByteCount)
  }

  /// Where its parts would stand if its header stood at `position`.
  func layout(at position: UInt64) -> RecordLayout {
    RecordLayout(
      bodyByteCount: body.byteCount, directoryByteCount: counts.directoryByteCount,
      isAligned: body.isAligned, at: position)
  }

  /// Bytes of the record in the file, wherever it stands.
  var byteCountMax: Int {
    headByteCount + body.byteCount + counts.directoryByteCount
      + (body.isAligned ? 2 * RecordLayout.bodyAlignment : 16) + 8
  }

  /// Gives the record its place: salts the page checksums and writes the header. Once only.
  ///
  /// - Returns: the record header's checksum, and the record's bytes in the file.
  func place(at position: UInt64, inFrameAt framePosition: UInt64, sequence: RecordSequence, salt: FileSalt)
    -> (checksum: UInt32, byteCount: Int)
  {
    precondition(layout == nil, "a record has one place")
    let layout = layout(at: position)
    self.layout = layout
    let table = memory + layout.tablePosition
    PageTable.salt(
      table, pageCount: layout.bodyPageCount, position: position + UInt64(layout.bodyPosition), salt: salt)
    PageTable.salt(
      table + layout.bodyPageCount * RecordLayout.checksumByteCount, pageCount: layout.directoryPageCount,
      position: position + UInt64(layout.directoryPosition), salt: salt)
    let tableBytes = UnsafeRawBufferPointer(start: table, count: layout.tableByteCount)
    let tableChecksum =
      CRC32C.checksum(tableBytes) ^ salt.mask(at: position + UInt64(layout.tablePosition))
    var header = RecordHeader(
      kind: .request, isAligned: body.isAligned,
      rulesVersion: heldSpanCount > 0 ? RequestAcceptance.heldRulesVersion : RequestAcceptance.rulesVersion,
      sequence: sequence, arrival: arrival, tenant: owner.tenant, partition: owner.partition,
      bodyByteCount: UInt32(layout.bodyByteCount), distanceInFrame: UInt32(position - framePosition),
      rejectedSpanCount: UInt32(rejectedSpanCount), counts: counts, tableChecksum: tableChecksum)
    header.encode(to: memory, salt: salt, position: position)
    return (header.checksum, layout.byteCount)
  }

  /// Appends the record to a frame; must live until that is finished.
  ///
  /// - Precondition: it has its place.
  func write(to output: FrameOutput) throws(FileError) {
    guard let layout else { preconditionFailure("a record without a place") }
    try output.copy(UnsafeRawBufferPointer(start: memory, count: headByteCount))
    try output.pad(layout.bodyPosition - headByteCount)
    let body = body.paddedBytes(layout.directoryPosition - layout.bodyPosition)
    if self.body.isAligned { try output.append(body) } else { try output.copy(body) }
    try output.copy(directoryBytes)
    try output.pad(layout.byteCount - layout.directoryPosition - layout.directoryByteCount)
  }

  /// The id of the trace with this number in the directory.
  func traceID(at number: Int) -> TraceID {
    precondition(number < Int(counts.traces), "no such trace in the directory")
    let entry = memory + directoryStart + number * DirectoryCounts.traceByteCount
    return DirectoryTrace(decoding: entry).traceID
  }
}
