internal import SpanModel
package import SpanWire

/// Reads one record of a segment piece by piece, touching and verifying only the pages it is asked for.
///
/// Its memory is used again from record to record. One thread at a time.
package struct RecordReader {
  /// Directories up to this size are read in one piece: those of requests of ordinary size.
  private static let wholeDirectoryByteCountMax = 4 * RecordLayout.pageByteCount
  /// Read at first: to the end of the page in which the header stands, or of the one behind it when little is
  /// left. That holds the page checksums of requests of ordinary size too.
  private static func headByteCount(at position: UInt64) -> UInt64 {
    let rest = 4096 - position % 4096
    return rest < 512 ? rest + 4096 : rest
  }

  private static let headByteCountMax = 4096 + 512

  private var segment: Segment?
  private var position: UInt64 = 0
  package private(set) var header: RecordHeader?
  private var layout = RecordLayout(bodyByteCount: 0, directoryByteCount: 0, isAligned: false, at: 0)
  private var counts = DirectoryCounts()
  private var table = PageTableReader()
  private var head = [UInt8](repeating: 0, count: headByteCountMax)
  /// One for each table of the directory, so that going from one to the other reads no page twice; a small
  /// directory uses the first for all.
  private var directory = [VerifiedRegion](repeating: VerifiedRegion(), count: 5)
  private var body = VerifiedRegion()

  package init() {}

  /// Goes to the record whose header stands at `position` of `segment`.
  package mutating func open(_ segment: Segment, at position: UInt64) throws(StoreError) {
    if self.segment === segment, self.position == position, header != nil { return }
    header = nil
    self.segment = segment
    self.position = position
    let header = try readHead(of: segment, at: position)
    layout = RecordLayout(of: header, at: position)
    counts = header.counts
    let start = position + UInt64(layout.directoryPosition)
    for number in directory.indices {
      directory[number].move(
        to: start, byteCount: layout.directoryByteCount, firstPage: layout.bodyPageCount, extent: .directory)
    }
    body.move(
      to: position + UInt64(layout.bodyPosition), byteCount: layout.bodyByteCount, firstPage: 0, extent: .body
    )
    self.header = header
  }

  private mutating func readHead(of segment: Segment, at position: UInt64) throws(StoreError) -> RecordHeader
  {
    let end = segment.readableEnd
    guard position + UInt64(RecordHeader.byteCount) <= end else {
      throw .corrupt(segment.damage(at: position, byteCount: 1, .record, "no record can stand here"))
    }
    let count = try readHeadBytes(
      of: segment, at: position, Int(min(Self.headByteCount(at: position), end - position)))
    let decoded: Result<RecordHeader, FormatError> = head.withUnsafeBytes { head in
      let bytes = UnsafeRawBufferPointer(rebasing: head[..<count])
      do throws(FormatError) {
        return .success(try RecordHeader(decoding: bytes, salt: segment.header.salt, position: position))
      } catch {
        return .failure(error)
      }
    }
    let header: RecordHeader
    do { header = try decoded.get() } catch {
      let reason = "a record's header: \(error)"
      throw .corrupt(
        segment.damage(at: position, byteCount: UInt64(RecordHeader.byteCount), .record, reason))
    }
    let layout = RecordLayout(of: header, at: position)
    guard UInt64(layout.byteCount) <= end - position else {
      throw .corrupt(segment.damage(at: position, byteCount: 1, .record, "the record ends behind its file"))
    }
    keepTable(of: layout, at: position, headByteCount: count)
    return header
  }

  /// - Returns: bytes read; fewer than asked for where the file was cut.
  private mutating func readHeadBytes(of segment: Segment, at position: UInt64, _ byteCount: Int)
    throws(StoreError) -> Int
  {
    var outcome: Result<Int, StoreError> = .success(0)
    head.withUnsafeMutableBytes { head in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: head[..<byteCount])
      do throws(StoreError) { outcome = .success(try segment.readPrefix(into: bytes, at: position)) } catch {
        outcome = .failure(error)
      }
    }
    return try outcome.get()
  }

  /// Keeps those page checksums that were read with the header.
  private mutating func keepTable(of layout: RecordLayout, at position: UInt64, headByteCount: Int) {
    table.position = position + UInt64(layout.tablePosition)
    table.pageCount = layout.pageCount
    let entryCount = (headByteCount - layout.tablePosition) / RecordLayout.checksumByteCount
    table.head.removeAll(keepingCapacity: true)
    head.withUnsafeBytes { head in
      for page in 0..<min(layout.pageCount, entryCount) {
        let entry = layout.tablePosition + page * RecordLayout.checksumByteCount
        table.head.append(UInt32(littleEndian: head.loadUnaligned(fromByteOffset: entry, as: UInt32.self)))
      }
    }
  }
}

// MARK: Directory

extension RecordReader {
  package mutating func trace(_ number: UInt32) throws(StoreError) -> DirectoryTrace {
    let trace = try entry(number, of: counts.traces, in: 0, at: 0, DirectoryCounts.traceByteCount) {
      DirectoryTrace(decoding: $0)
    }
    guard UInt64(trace.firstSpan) + UInt64(trace.spanCount) <= UInt64(counts.spans) else {
      throw impossible("a trace's spans")
    }
    return trace
  }

  package mutating func span(_ number: UInt32) throws(StoreError) -> DirectorySpan {
    try entry(number, of: counts.spans, in: 1, at: counts.spanTablePosition, DirectoryCounts.spanByteCount) {
      DirectorySpan(decoding: $0)
    }
  }

  package mutating func scope(_ number: UInt32) throws(StoreError) -> ScopeEntry {
    try entry(number, of: counts.scopes, in: 2, at: counts.scopeTablePosition, DirectoryCounts.scopeByteCount)
    {
      ScopeEntry(decoding: $0)
    }
  }

  package mutating func resource(_ number: UInt32) throws(StoreError) -> ResourceEntry {
    try entry(
      number, of: counts.resources, in: 3, at: counts.resourceTablePosition, DirectoryCounts.resourceByteCount
    ) { ResourceEntry(decoding: $0) }
  }

  package mutating func piece(_ number: UInt32) throws(StoreError) -> Slice {
    try entry(number, of: counts.pieces, in: 4, at: counts.pieceTablePosition, DirectoryCounts.pieceByteCount)
    {
      Slice(decoding: $0)
    }
  }

  private mutating func entry<Entry>(
    _ number: UInt32, of count: UInt32, in tableNumber: Int, at tablePosition: Int, _ entryByteCount: Int,
    _ decode: (UnsafeRawPointer) -> Entry
  ) throws(StoreError) -> Entry {
    guard let segment, number < count else { throw impossible("a number of the directory") }
    let isWhole = layout.directoryByteCount <= Self.wholeDirectoryByteCountMax
    let region = isWhole ? 0 : tableNumber
    let start = tablePosition + Int(number) * entryByteCount
    let range = start..<start + entryByteCount
    try directory[region].load(range, through: isWhole ? layout.directoryByteCount : 0, of: segment, table)
    // SAFETY: the range has the size of an entry.
    return directory[region].withBytes(range) { decode($0.baseAddress!) }
  }

  private func impossible(_ what: String) -> StoreError {
    guard let segment else { preconditionFailure("no record was opened") }
    return .corrupt(
      segment.damage(
        at: position, byteCount: UInt64(layout.byteCount), .record, "\(what) lies outside of the record"))
  }
}

// MARK: Body

extension RecordReader {
  /// Appends the bytes of `slice` of the body to `bytes`, which together are no more than the body: pieces
  /// of an envelope do not overlap, so a directory that says so is damaged.
  ///
  /// - Parameter end: up to where of the body the caller will want bytes soon.
  package mutating func appendBody(_ slice: Slice, through end: Int = 0, to bytes: inout [UInt8])
    throws(StoreError)
  {
    guard bytes.count + Int(slice.byteCount) <= layout.bodyByteCount else { throw impossible("an envelope") }
    try loadBody(slice, through: end)
    let range = Int(slice.position)..<Int(slice.position) + Int(slice.byteCount)
    body.withBytes(range) { bytes.append(contentsOf: $0) }
  }

  /// Hands the bytes of `slice` of the body to `use`.
  package mutating func withBody<Value>(
    _ slice: Slice, through end: Int = 0, _ use: (UnsafeRawBufferPointer) -> Value
  ) throws(StoreError) -> Value {
    try loadBody(slice, through: end)
    return body.withBytes(Int(slice.position)..<Int(slice.position) + Int(slice.byteCount), use)
  }

  private mutating func loadBody(_ slice: Slice, through end: Int) throws(StoreError) {
    guard let segment, Int(slice.position) + Int(slice.byteCount) <= layout.bodyByteCount else {
      throw impossible("a slice of the directory")
    }
    let range = Int(slice.position)..<Int(slice.position) + Int(slice.byteCount)
    try body.load(range, through: end, of: segment, table)
  }
}
