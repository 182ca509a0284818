package import SpanModel
package import SpanWire

/// A sealed segment in memory, and what was put into it.
package struct SealedBytes {
  package struct Member: Equatable {
    package let traceID: TraceID
    package let spanID: UInt64
    package let span: [UInt8]
    package let resource: [UInt8]
    package let scope: [UInt8]
    package let record: SealedRecord

    /// A span of which only the bytes matter.
    package init(_ traceID: TraceID, _ spanID: UInt64, _ span: [UInt8]) {
      let record = SealedRecord(
        sequence: RecordSequence(9), arrival: Timestamp(nanoseconds: 9), acceptedSpanCount: 1,
        rejectedSpanCount: 0, rulesVersion: 1)
      self.init(
        traceID: traceID, spanID: spanID, span: span, resource: [1, 2, 3], scope: [], record: record)
    }

    package init(
      traceID: TraceID, spanID: UInt64, span: [UInt8], resource: [UInt8], scope: [UInt8],
      record: SealedRecord
    ) {
      self.traceID = traceID
      self.spanID = spanID
      self.span = span
      self.resource = resource
      self.scope = scope
      self.record = record
    }
  }

  package static let hashKey = HashKey(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)

  /// What every segment made here says it supersedes, and which deletions it carries.
  package static let supersedes = [
    SupersededSegment(log: SegmentSequence(1), lane: 7, of: StoreID(high: 11, low: 12)),
    SupersededSegment(sealed: SegmentSequence(2), of: StoreID(high: 13, low: 14)),
  ]
  package static let tombstones = [SealedTombstone(high: 21, low: 22, sequence: RecordSequence(23))]

  package let bytes: [UInt8]
  package let footer: SealedFooter
  /// In the order in which a segment has them.
  package let members: [Member]

  /// Seals the accepted spans of requests.
  package init(_ requests: [[UInt8]], options: SegmentEncoder.Options = SegmentEncoder.Options()) throws {
    var members: [Member] = []
    var batch = SpanBatch()
    for (number, request) in requests.enumerated() {
      try request.withUnsafeBytes { request in
        try batch.scan(request)
        let record = SealedRecord(
          sequence: RecordSequence(UInt64(number + 1)),
          arrival: Timestamp(nanoseconds: 5_000 + UInt64(number)),
          acceptedSpanCount: UInt32(batch.spans.count), rejectedSpanCount: UInt32(batch.rejectedSpanCount),
          rulesVersion: 1)
        for span in batch.spans {
          let scope = batch.scopes[Int(span.scope)]
          let resource = batch.resources[Int(span.resource)]
          members.append(
            Member(
              traceID: span.traceID, spanID: span.spanID.rawValue,
              span: Array(request[Int(span.slice.position)...].prefix(Int(span.slice.byteCount))),
              resource: Self.join(batch, resource.firstPiece, resource.pieceCount, request),
              scope: Self.join(batch, scope.firstPiece, scope.pieceCount, request), record: record))
        }
      }
    }
    try self.init(members, options: options)
  }

  package init(
    _ members: [Member], options: SegmentEncoder.Options = SegmentEncoder.Options(), sequence: UInt64 = 3
  ) throws {
    let hash = TraceIDHash(key: Self.hashKey)
    let ordered = members.enumerated().sorted { left, right in
      let (first, second) = (left.element, right.element)
      return (hash.hash(of: first.traceID), first.traceID, first.spanID, left.offset)
        < (hash.hash(of: second.traceID), second.traceID, second.spanID, right.offset)
    }.map(\.element)
    var body: [UInt8] = []
    let footer = SealedFooter(
      storeID: StoreID(high: 11, low: 12), sequence: SegmentSequence(sequence),
      hashKey: Self.hashKey)
    let encoder = SegmentEncoder(footer, options: options) { body += $0 }
    encoder.supersedes = Self.supersedes
    encoder.tombstones = Self.tombstones
    var last: TraceID?
    for member in ordered {
      if member.traceID != last {
        if last != nil { try encoder.endTrace() }
        encoder.beginTrace(member.traceID, hash: hash.hash(of: member.traceID))
        last = member.traceID
      }
      let resource = member.resource.withUnsafeBytes { encoder.resource($0) }
      let scope = member.scope.withUnsafeBytes { encoder.scope($0, resource: resource) }
      let record = encoder.record(member.record)
      try member.span.withUnsafeBytes { try encoder.add($0, scope: scope, record: record) }
    }
    if last != nil { try encoder.endTrace() }
    self.footer = try encoder.finish()
    bytes = self.footer.encoded() + body
    self.members = ordered
  }

  private static func join(
    _ batch: SpanBatch, _ first: UInt32, _ count: UInt32, _ request: UnsafeRawBufferPointer
  ) -> [UInt8] {
    batch.pieces[Int(first)..<Int(first + count)].flatMap {
      Array(request[Int($0.position)...].prefix(Int($0.byteCount)))
    }
  }
}
