internal import SpanModel
internal import SpanWire

/// The directory of a record all of whose bytes are in memory, held against its body once.
struct RecordDirectory {
  private let counts: DirectoryCounts
  private let table: UnsafeRawBufferPointer
  private let base: UnsafeRawPointer
  private let body: UnsafeRawBufferPointer

  /// - Returns: `nil` when something in it leads outside of the record.
  init?(_ counts: DirectoryCounts, _ table: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) {
    guard let base = table.baseAddress, table.count >= counts.directoryByteCount else { return nil }
    self.counts = counts
    self.table = table
    self.base = base
    self.body = body
    guard isWithinBounds else { return nil }
  }

  var traceCount: Int { Int(counts.traces) }
  var scopeCount: Int { Int(counts.scopes) }
  var resourceCount: Int { Int(counts.resources) }

  // SAFETY: of these, numbers are below their counts, and the table holds as many as they say.

  func trace(_ number: Int) -> DirectoryTrace {
    DirectoryTrace(decoding: base + number * DirectoryCounts.traceByteCount)
  }

  func span(_ number: Int) -> DirectorySpan {
    DirectorySpan(decoding: base + counts.spanTablePosition + number * DirectoryCounts.spanByteCount)
  }

  func scope(_ number: Int) -> ScopeEntry {
    ScopeEntry(decoding: base + counts.scopeTablePosition + number * DirectoryCounts.scopeByteCount)
  }

  func resource(_ number: Int) -> ResourceEntry {
    ResourceEntry(decoding: base + counts.resourceTablePosition + number * DirectoryCounts.resourceByteCount)
  }

  private func piece(_ number: Int) -> Slice {
    Slice(decoding: base + counts.pieceTablePosition + number * DirectoryCounts.pieceByteCount)
  }

  func pieces(_ first: UInt32, _ count: UInt32) -> [Slice] {
    (Int(first)..<Int(first) + Int(count)).map { piece($0) }
  }

  /// The bytes of an envelope, put together from its pieces.
  func envelope(_ first: UInt32, _ count: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in Int(first)..<Int(first) + Int(count) { bytes += body[piece(number)] }
    return bytes
  }

  private var isWithinBounds: Bool {
    for number in 0..<traceCount {
      let trace = trace(number)
      guard UInt64(trace.firstSpan) + UInt64(trace.spanCount) <= UInt64(counts.spans) else { return false }
    }
    for number in 0..<Int(counts.spans) {
      let span = span(number)
      guard isWithinBody(span.slice), span.scope < counts.scopes else { return false }
    }
    for number in 0..<scopeCount {
      let scope = scope(number)
      guard scope.resource < counts.resources, arePieces(scope.firstPiece, scope.pieceCount) else {
        return false
      }
    }
    for number in 0..<resourceCount {
      let resource = resource(number)
      guard arePieces(resource.firstPiece, resource.pieceCount) else { return false }
    }
    return (0..<Int(counts.pieces)).allSatisfy { isWithinBody(piece($0)) }
  }

  private func isWithinBody(_ slice: Slice) -> Bool {
    UInt64(slice.position) + UInt64(slice.byteCount) <= UInt64(body.count)
  }

  private func arePieces(_ first: UInt32, _ count: UInt32) -> Bool {
    UInt64(first) + UInt64(count) <= UInt64(counts.pieces)
  }
}

/// The numbers that the envelopes of a record have in a sealed segment.
struct Envelopes {
  private let scopes: [UInt32]

  init(_ directory: RecordDirectory, _ encoder: SegmentEncoder) {
    let resources = (0..<directory.resourceCount).map { number in
      let entry = directory.resource(number)
      return directory.envelope(entry.firstPiece, entry.pieceCount).withUnsafeBytes { encoder.resource($0) }
    }
    scopes = (0..<directory.scopeCount).map { number in
      let entry = directory.scope(number)
      return directory.envelope(entry.firstPiece, entry.pieceCount).withUnsafeBytes {
        encoder.scope($0, resource: resources[Int(entry.resource)])
      }
    }
  }

  func scope(_ number: UInt32) -> UInt32 { scopes[Int(number)] }
}
