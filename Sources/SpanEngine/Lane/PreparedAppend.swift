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
  package let counts: DirectoryCounts
  let layout: RecordLayout
  let arrival: Timestamp
  private let body: RequestBuffer
  /// Record header and page table, then the directory.
  private let memory: UnsafeMutableRawPointer
  private var isPlaced = false

  init(
    _ body: RequestBuffer, batch: borrowing SpanBatch, builder: inout DirectoryBuilder, arrival: Timestamp
  ) {
    self.body = body
    self.arrival = arrival
    acceptedSpanCount = batch.spans.count
    rejectedSpanCount = batch.rejectedSpanCount
    rejectionMessage = batch.firstRejection?.description
    counts = builder.group(batch)
    layout = RecordLayout(bodyByteCount: body.byteCount, directoryByteCount: counts.directoryByteCount)
    let directoryByteCount = layout.byteCount - layout.directoryPosition
    memory = .allocate(byteCount: layout.bodyPosition + directoryByteCount, alignment: 8)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: layout.bodyPosition)
    builder.encode(batch, counts: counts, to: memory + layout.bodyPosition)
    let padding = memory + layout.bodyPosition + layout.directoryByteCount
    padding.initializeMemory(
      as: UInt8.self, repeating: 0, count: directoryByteCount - layout.directoryByteCount)
    encodePageTable()
  }

  deinit { memory.deallocate() }

  private func encodePageTable() {
    let table = memory + layout.tablePosition
    PageTable.encode(pagesOf: body.bytes, to: table)
    let directory = UnsafeRawBufferPointer(
      start: memory + layout.bodyPosition, count: layout.directoryByteCount)
    PageTable.encode(
      pagesOf: directory, to: table + layout.bodyPageCount * RecordLayout.checksumByteCount)
  }

  /// Bytes of the record in the file.
  var byteCount: Int { layout.byteCount }

  /// Gives the record its place: salts the page checksums and writes the header. Once only.
  ///
  /// - Returns: the record header's checksum.
  func place(at position: UInt64, inFrameAt framePosition: UInt64, sequence: RecordSequence, salt: FileSalt)
    -> UInt32
  {
    precondition(!isPlaced, "a record has one place")
    isPlaced = true
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
      kind: .request, rulesVersion: RequestAcceptance.rulesVersion, sequence: sequence, arrival: arrival,
      tenant: 0, partition: 0, bodyByteCount: UInt32(layout.bodyByteCount),
      distanceInFrame: UInt32(position - framePosition), rejectedSpanCount: UInt32(rejectedSpanCount),
      counts: counts, tableChecksum: tableChecksum)
    header.encode(to: memory, salt: salt, position: position)
    return header.checksum
  }

  /// Record header and page table: what stands in front of the body.
  var headBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: layout.bodyPosition) }

  var bodyBytes: UnsafeRawBufferPointer { body.paddedBytes }

  var directoryBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: memory + layout.bodyPosition, count: layout.byteCount - layout.directoryPosition)
  }

  /// The id of the trace with this number in the directory.
  func traceID(at number: Int) -> TraceID {
    precondition(number < Int(counts.traces), "no such trace in the directory")
    let entry = memory + layout.bodyPosition + number * DirectoryCounts.traceByteCount
    return DirectoryTrace(decoding: entry).traceID
  }
}
