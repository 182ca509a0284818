package import SpanModel
internal import SpanWire

/// A tombstone that only lacks its place in a file; it gets its sequence there, unless it is carried over
/// from another file.
package final class PreparedTombstone: @unchecked Sendable {
  // SAFETY: made by one thread, handed to the lane's, and read again by who made it once it was answered.

  /// The record's bytes: header, page table and body; there is no directory.
  static let byteCount = layout.byteCount

  private static let layout = RecordLayout(
    bodyByteCount: Tombstone.byteCount, directoryByteCount: 0, isAligned: false, at: 0)

  let trace: TraceDigest
  /// Of the trace's id, as indexes have it; `nil` when it is carried over.
  let hash: UInt64?
  let deleted: Timestamp
  let heldUntil: Timestamp
  private let carriedSequence: RecordSequence?
  private let memory: UnsafeMutableRawPointer
  /// As it was written; `nil` before it has a place.
  private(set) var tombstone: Tombstone?
  /// The sequences of the records in which it hid spans that were not hidden before; known once it is
  /// answered.
  package private(set) var hiddenSequences = RecordSequence(0)..<RecordSequence(0)

  /// The deletion of a trace.
  init(_ trace: TraceDigest, hash: UInt64, deleted: Timestamp, heldUntil: Timestamp) {
    self.trace = trace
    self.hash = hash
    self.deleted = deleted
    self.heldUntil = heldUntil
    carriedSequence = nil
    memory = Self.allocate()
  }

  /// One that stands in a file that goes away.
  init(carrying tombstone: Tombstone) {
    trace = tombstone.trace
    hash = nil
    deleted = tombstone.deleted
    heldUntil = tombstone.heldUntil
    carriedSequence = tombstone.sequence
    memory = Self.allocate()
  }

  deinit { memory.deallocate() }

  private static func allocate() -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 8)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    return memory
  }

  /// Gives the record its place. Once only.
  ///
  /// - Returns: the record header's checksum.
  func place(at position: UInt64, inFrameAt framePosition: UInt64, sequence: RecordSequence, salt: FileSalt)
    -> UInt32
  {
    precondition(tombstone == nil, "a record has one place")
    let written = Tombstone(
      trace: trace, sequence: carriedSequence ?? sequence, deleted: deleted, heldUntil: heldUntil)
    tombstone = written
    let layout = Self.layout
    let body = memory + layout.bodyPosition
    written.encode(to: body)
    let table = memory + layout.tablePosition
    PageTable.encode(pagesOf: UnsafeRawBufferPointer(start: body, count: layout.bodyByteCount), to: table)
    PageTable.salt(table, pageCount: 1, position: position + UInt64(layout.bodyPosition), salt: salt)
    let tableChecksum =
      CRC32C.checksum(UnsafeRawBufferPointer(start: table, count: layout.tableByteCount))
      ^ salt.mask(at: position + UInt64(layout.tablePosition))
    var header = RecordHeader(
      kind: .tombstone, rulesVersion: 0, sequence: sequence, arrival: deleted, tenant: 0, partition: 0,
      bodyByteCount: UInt32(layout.bodyByteCount), distanceInFrame: UInt32(position - framePosition),
      rejectedSpanCount: 0, counts: DirectoryCounts(), tableChecksum: tableChecksum)
    header.encode(to: memory, salt: salt, position: position)
    return header.checksum
  }

  /// Appends the record to a frame.
  func write(to output: FrameOutput) throws(FileError) {
    precondition(tombstone != nil, "a record without a place")
    try output.copy(UnsafeRawBufferPointer(start: memory, count: Self.byteCount))
  }

  /// Notes what it hid: all below its sequence but what was hidden already.
  func hid(from end: RecordSequence) {
    guard let tombstone else { preconditionFailure("a tombstone that was not written hides nothing") }
    hiddenSequences = end..<max(end, tombstone.sequence)
  }
}
