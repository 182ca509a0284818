internal import SpanModel
internal import SpanWire

/// The spans of a full log segment on their way into sealed ones: read once from front to back and verified,
/// then in order of their traces, owner by owner.
///
/// A file that fits its memory stays there as long as its spans are needed. Of a larger one it holds copies
/// of the spans of the traces whose hashes lie in a range, and takes it in several passes.
final class SealSource {
  /// What went wrong with reading it.
  enum Failure: Error {
    case file(FileError)
    /// The segment is not whole, and stays as it is.
    case damaged(position: UInt64)
  }

  /// The records of one owner.
  struct Share {
    let owner: RecordOwner
    /// Of these records.
    var byteCount: UInt64
    /// Where their headers stand; `nil` when these are taken to be all records there are.
    var positions: [UInt64]?
  }

  /// Spans of one trace in one record.
  struct Run: BitwiseCopyable {
    let hash: UInt64
    let traceHigh: UInt64
    let traceLow: UInt64
    /// Of the run's spans in `spans`.
    let first: UInt32
    let count: UInt32
  }

  struct SealedSpan: BitwiseCopyable {
    let bytes: UnsafeRawPointer
    let byteCount: UInt32
    let scope: UInt32
    let record: UInt32
    let spanID: UInt64
  }

  /// A record whose header was read.
  fileprivate struct FoundRecord {
    let header: RecordHeader
    let layout: RecordLayout
    let position: UInt64
  }

  private static let chunkByteCount = 4 << 20

  private let segment: Segment
  private let window: FileWindow
  private let hash: TraceIDHash
  /// What is held, until it is drained.
  var runs: [Run] = []
  var spans: [SealedSpan] = []
  private var chunks: [UnsafeMutableRawPointer] = []
  private var chunkUsed = SealSource.chunkByteCount
  private let holdsFile: Bool

  /// - Parameter memory: room for the whole file and a page, if there is: then one pass takes all.
  init(_ segment: Segment, _ file: SegmentFile, hash: TraceIDHash, memory: UnsafeMutableRawBufferPointer?)
    throws(FileError)
  {
    self.segment = segment
    self.hash = hash
    holdsFile = memory != nil
    window = try FileWindow(file, memory: memory)
  }

  deinit { for chunk in chunks { chunk.deallocate() } }

  private var salt: FileSalt { segment.header.salt }
  private var end: UInt64 { segment.summary?.end ?? segment.readableEnd }
}

// MARK: Reading

extension SealSource {
  /// Reads the records of a share, and holds the spans of traces whose hash lies in `hashes`.
  ///
  /// - Returns: `false` when there is a record of somebody else among those of a share that should have been
  ///   all of them; what was held is let go of.
  func read(_ hashes: ClosedRange<UInt64>, of share: Share, into encoder: SegmentEncoder) throws(Failure)
    -> Bool
  {
    if let positions = share.positions {
      for position in positions { try take(try record(at: position), hashes, encoder) }
      return true
    }
    let isOnly = try forEachRequest { (record) throws(Failure) in
      guard record.header.owner == share.owner else { return false }
      try take(record, hashes, encoder)
      return true
    }
    if !isOnly { letGo() }
    return isOnly
  }

  /// The owner of the first record: of all of them, most often.
  func firstOwner() throws(Failure) -> RecordOwner? {
    var owner: RecordOwner?
    _ = try forEachRequest { record in
      owner = record.header.owner
      return false
    }
    return owner
  }

  /// The shares of all owners, in order of these. Looks at headers only: each share is verified when it is
  /// read.
  func shares() throws(Failure) -> [Share] {
    var shares: [RecordOwner: Share] = [:]
    _ = try forEachRequest { record in
      let owner = record.header.owner
      shares[owner, default: Share(owner: owner, byteCount: 0, positions: [])].add(record)
      return true
    }
    return shares.values.sorted { $0.owner < $1.owner }
  }

  /// Calls `visit` for each request until it returns `false`, and returns what it did.
  private func forEachRequest(_ visit: (FoundRecord) throws(Failure) -> Bool) throws(Failure) -> Bool {
    var position = UInt64(SegmentHeader.pageByteCount)
    while position < end {
      let header = try frameHeader(at: position)
      var next = position + UInt64(FrameHeader.byteCount)
      for _ in 0..<header.recordCount {
        let record = try record(at: next)
        if record.header.kind == .request, try !visit(record) { return false }
        next += UInt64(record.layout.byteCount)
      }
      position += header.alignedByteCount
    }
    return true
  }

  private func frameHeader(at position: UInt64) throws(Failure) -> FrameHeader {
    let bytes = try bytes(at: position, FrameHeader.byteCount)
    do throws(FormatError) {
      let header = try FrameHeader(decoding: bytes, salt: salt, position: position)
      guard header.segment == segment.sequence else { throw FormatError.identity }
      return header
    } catch {
      throw .damaged(position: position)
    }
  }

  private func bytes(at position: UInt64, _ count: Int) throws(Failure) -> UnsafeRawBufferPointer {
    let found: UnsafeRawBufferPointer?
    do throws(FileError) { found = try window.bytes(at: position, count: count) } catch { throw .file(error) }
    guard let found else { throw .damaged(position: position) }
    return found
  }

  private func record(at position: UInt64) throws(Failure) -> FoundRecord {
    let head = try bytes(at: position, RecordHeader.byteCount)
    let header: RecordHeader
    do throws(FormatError) { header = try RecordHeader(decoding: head, salt: salt, position: position) } catch
    {
      throw .damaged(position: position)
    }
    let layout = RecordLayout(of: header, at: position)
    guard UInt64(layout.byteCount) <= end - position else { throw .damaged(position: position) }
    return FoundRecord(header: header, layout: layout, position: position)
  }

  private func take(_ record: FoundRecord, _ hashes: ClosedRange<UInt64>, _ encoder: SegmentEncoder)
    throws(Failure)
  {
    let (position, byteCount) = (record.position, record.layout.byteCount)
    if byteCount <= window.byteCountMax {
      return try take(record, try bytes(at: position, byteCount), hashes, encoder)
    }
    let copied: [UInt8]
    do throws(FileError) { copied = try window.copy(at: position, count: byteCount) } catch {
      throw .file(error)
    }
    try copied.withSourceBytes { bytes throws(Failure) in try take(record, bytes, hashes, encoder) }
  }

  /// Takes the spans of a record, all of whose bytes are there.
  private func take(
    _ found: FoundRecord, _ bytes: UnsafeRawBufferPointer, _ hashes: ClosedRange<UInt64>,
    _ encoder: SegmentEncoder
  ) throws(Failure) {
    let (header, layout, position) = (found.header, found.layout, found.position)
    guard bytes.count == layout.byteCount, isWhole(header, layout, at: position, bytes) else {
      throw .damaged(position: position)
    }
    let body = UnsafeRawBufferPointer(rebasing: bytes[layout.bodyPosition...].prefix(layout.bodyByteCount))
    let table = UnsafeRawBufferPointer(
      rebasing: bytes[layout.directoryPosition...].prefix(layout.directoryByteCount))
    guard let directory = RecordDirectory(header.counts, table, body) else {
      throw .damaged(position: position)
    }
    let record = encoder.record(
      SealedRecord(
        sequence: header.sequence, arrival: header.arrival, acceptedSpanCount: header.counts.spans,
        rejectedSpanCount: header.rejectedSpanCount, rulesVersion: header.rulesVersion))
    let envelopes = Envelopes(directory, encoder)
    for number in 0..<directory.traceCount {
      let trace = directory.trace(number)
      let hash = hash.hash(of: trace.traceID)
      guard hashes.contains(hash) else { continue }
      runs.append(
        Run(
          hash: hash, traceHigh: trace.traceID.high, traceLow: trace.traceID.low, first: UInt32(spans.count),
          count: trace.spanCount))
      for place in trace.firstSpan..<trace.firstSpan + trace.spanCount {
        let span = directory.span(Int(place))
        keep(body[span.slice], scope: envelopes.scope(span.scope), record: record)
      }
    }
  }

  /// Whether all pages of a record are what was written.
  private func isWhole(
    _ header: RecordHeader, _ layout: RecordLayout, at position: UInt64, _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    let table = UnsafeRawBufferPointer(rebasing: bytes[layout.tablePosition...].prefix(layout.tableByteCount))
    guard
      CRC32C.checksum(table) ^ salt.mask(at: position + UInt64(layout.tablePosition)) == header.tableChecksum
    else { return false }
    let parts = [
      (layout.bodyPosition, layout.bodyByteCount), (layout.directoryPosition, layout.directoryByteCount),
    ]
    var entry = 0
    for (start, byteCount) in parts {
      for offset in stride(from: 0, to: byteCount, by: RecordLayout.pageByteCount) {
        let count = min(RecordLayout.pageByteCount, byteCount - offset)
        let page = UnsafeRawBufferPointer(rebasing: bytes[(start + offset)...].prefix(count))
        let stored = table.loadUnaligned(fromByteOffset: entry, as: UInt32.self).littleEndian
        guard CRC32C.checksum(page) ^ salt.mask(at: position + UInt64(start + offset)) == stored else {
          return false
        }
        entry += RecordLayout.checksumByteCount
      }
    }
    return true
  }

  private func keep(_ span: UnsafeRawBufferPointer, scope: UInt32, record: UInt32) {
    guard let source = span.baseAddress else { return }
    var start = source
    if !holdsFile {
      let copy = room(for: span.count)
      copy.copyMemory(from: source, byteCount: span.count)
      start = UnsafeRawPointer(copy)
    }
    spans.append(
      SealedSpan(
        bytes: start, byteCount: UInt32(span.count), scope: scope, record: record,
        spanID: SpanBatch.spanID(of: span)))
  }

  /// Lets go of what is held.
  func letGo() {
    runs.removeAll(keepingCapacity: true)
    spans.removeAll(keepingCapacity: true)
    for chunk in chunks { chunk.deallocate() }
    chunks.removeAll()
    chunkUsed = Self.chunkByteCount
  }

  private func room(for byteCount: Int) -> UnsafeMutableRawPointer {
    if byteCount > Self.chunkByteCount / 4 {
      // A chunk of its own, behind which the present one goes on.
      let own = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 8)
      chunks.insert(own, at: max(0, chunks.count - 1))
      return own
    }
    if chunkUsed + byteCount > Self.chunkByteCount {
      chunks.append(.allocate(byteCount: Self.chunkByteCount, alignment: 8))
      chunkUsed = 0
    }
    defer { chunkUsed += byteCount }
    return chunks[chunks.count - 1] + chunkUsed
  }
}

extension SealSource.Share {
  fileprivate mutating func add(_ record: SealSource.FoundRecord) {
    byteCount += UInt64(record.layout.byteCount)
    positions?.append(record.position)
  }
}

extension [UInt8] {
  fileprivate func withSourceBytes(_ body: (UnsafeRawBufferPointer) throws(SealSource.Failure) -> Void)
    throws(SealSource.Failure)
  {
    let outcome: Result<Void, SealSource.Failure> = withUnsafeBytes { bytes in
      do throws(SealSource.Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    try outcome.get()
  }
}
