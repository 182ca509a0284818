internal import SpanModel
internal import SpanWire

/// Takes what can be read of a log segment as the requests that were appended to it, in order.
struct LogSalvage {
  private let scan: FrameScan
  private let end: UInt64
  private let deleted: DeletedTraces

  /// - Parameter end: where its last frame ends, as recovery has found.
  init(_ file: SegmentFile, end: UInt64, _ deleted: DeletedTraces) throws(FileError) {
    scan = try FrameScan(file)
    self.end = end
    self.deleted = deleted
  }

  func run(into target: SalvageTarget) throws(StoreError) {
    var evidence = DurableEvidence()
    // Recovery has judged: what is not whole before the end is damage, behind which others stand.
    evidence.ledger = end
    var walk = SegmentWalk(scan, evidence)
    while let frame = try next(&walk), frame.position < end {
      for record in frame.records where record.header.kind == .request {
        guard let request = try request(record, of: frame) else { continue }
        _ = try target.append(request, of: record.header.owner, arrival: record.header.arrival)
      }
    }
  }

  private func next(_ walk: inout SegmentWalk) throws(StoreError) -> ScannedFrame? {
    do throws(FileError) { return try walk.next() } catch { throw .file(error) }
  }

  /// The request as it was sent, or what is left of it.
  private func request(_ record: ScannedRecord, of frame: ScannedFrame) throws(StoreError) -> [UInt8]? {
    let body: [UInt8]
    let table: [UInt8]
    do throws(FileError) {
      body = try scan.body(of: record)
      if record.bodyIsWhole, deleted.isEmpty { return body }
      table = try scan.directory(of: record)
    } catch {
      throw .file(error)
    }
    guard record.directoryIsWhole else {
      // Whose spans they are is known from the body alone, too, and it is sent again as it is.
      return record.bodyIsWhole ? body : nil
    }
    let layout = RecordLayout(of: record.header, at: record.position)
    let start = record.position + UInt64(layout.bodyPosition)
    let damaged = frame.damages.compactMap { damage -> Range<UInt64>? in
      guard damage.extent == .body, damage.position >= start else { return nil }
      return damage.position - start..<damage.position - start + damage.byteCount
    }
    let missing = layout.bodyByteCount - body.count
    return (body + [UInt8](repeating: 0, count: missing)).withUnsafeBytes { body in
      table.withUnsafeBytes { table in
        RecordDirectory(record.header.counts, table, body).map {
          rebuilt($0, body, record.header, damaged)
        }
      }
    }
  }

  private func rebuilt(
    _ directory: RecordDirectory, _ body: UnsafeRawBufferPointer, _ header: RecordHeader,
    _ damaged: [Range<UInt64>]
  ) -> [UInt8] {
    func isWhole(_ slice: Slice) -> Bool {
      let place = UInt64(slice.position)..<UInt64(slice.position) + UInt64(slice.byteCount)
      return !damaged.contains { $0.overlaps(place) }
    }
    let scopesAreWhole = (0..<directory.scopeCount).map { number in
      let scope = directory.scope(number)
      let resource = directory.resource(Int(scope.resource))
      return directory.pieces(scope.firstPiece, scope.pieceCount).allSatisfy(isWhole)
        && directory.pieces(resource.firstPiece, resource.pieceCount).allSatisfy(isWhole)
    }
    var request = RebuiltRequest()
    for number in 0..<directory.traceCount {
      let trace = directory.trace(number)
      if deleted.hides(trace.traceID, tenant: header.tenant, in: header.sequence) { continue }
      for place in trace.firstSpan..<trace.firstSpan + trace.spanCount {
        let span = directory.span(Int(place))
        guard scopesAreWhole[Int(span.scope)], isWhole(span.slice) else { continue }
        request.add(body[span.slice], scope: Int(span.scope))
      }
    }
    return request.bytes { number in
      let scope = directory.scope(number)
      let resource = directory.resource(Int(scope.resource))
      return (
        Int(scope.resource), directory.envelope(resource.firstPiece, resource.pieceCount),
        directory.envelope(scope.firstPiece, scope.pieceCount)
      )
    }
  }
}
