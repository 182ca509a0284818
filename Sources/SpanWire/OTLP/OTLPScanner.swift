import SpanModel

/// One pass over a request: `ExportTraceServiceRequest { ResourceSpans { ScopeSpans { Span } } }`.
///
/// Of every span the few values of `SpanFields` are read, all else is only stepped over. The contents of
/// attributes, events, links, resources and scopes are not looked into: whether they are well formed is
/// found out by who reads them.
extension SpanBatch {
  /// Fills the batch with what `request` holds; what it held before is gone.
  ///
  /// A span with impossible ids is counted and left out; it does not spoil the request. Positions in the
  /// batch count from the start of `request`, which must be at hand, unchanged, wherever they are followed.
  ///
  /// - Precondition: `request` is no longer than `requestByteCountMax`.
  /// - Throws: when `request` is not protobuf at one of the levels that are walked. The batch is empty then.
  package mutating func scan(_ request: UnsafeRawBufferPointer) throws(WireError) {
    precondition(request.count <= Self.requestByteCountMax, "the request is longer than protobuf allows")
    removeAll()
    do {
      try scanRequest(ProtobufCursor(request))
    } catch {
      removeAll()
      throw error
    }
  }

  private mutating func scanRequest(_ message: consuming ProtobufCursor) throws(WireError) {
    while !message.isAtEnd {
      let tag = try message.readTag()
      if tag == OTLPTag.requestResourceSpans {
        try scanResourceSpans(try message.readMessage())
      } else {
        try message.skipValue(of: tag, depth: OTLPTag.requestDepth)
      }
    }
  }

  private mutating func scanResourceSpans(_ message: consuming ProtobufCursor) throws(WireError) {
    let resource = UInt32(truncatingIfNeeded: resources.count)
    let firstScope = scopes.count
    var pieceStart = message.current
    while !message.isAtEnd {
      let fieldStart = message.current
      let tag = try message.readTag()
      if tag == OTLPTag.resourceSpansScopeSpans {
        holdResourcePiece(from: pieceStart, to: fieldStart, origin: message.origin)
        try scanScopeSpans(try message.readMessage(), resource: resource)
        pieceStart = message.current
      } else {
        try message.skipValue(of: tag, depth: OTLPTag.resourceSpansDepth)
      }
    }
    holdResourcePiece(from: pieceStart, to: message.end, origin: message.origin)
    finishResource(hasScopes: scopes.count > firstScope)
  }

  private mutating func scanScopeSpans(
    _ message: consuming ProtobufCursor, resource: UInt32
  ) throws(WireError) {
    let scope = UInt32(truncatingIfNeeded: scopes.count)
    let firstPiece = pieces.count
    let firstSpan = spans.count
    var pieceStart = message.current
    while !message.isAtEnd {
      let fieldStart = message.current
      let tag = try message.readTag()
      if tag == OTLPTag.scopeSpansSpan {
        appendPiece(from: pieceStart, to: fieldStart, origin: message.origin)
        try scanSpan(try message.readMessage(), scope: scope, resource: resource)
        pieceStart = message.current
      } else {
        try message.skipValue(of: tag, depth: OTLPTag.scopeSpansDepth)
      }
    }
    appendPiece(from: pieceStart, to: message.end, origin: message.origin)
    finishScope(resource: resource, firstPiece: firstPiece, hasSpans: spans.count > firstSpan)
  }

  @inline(__always)
  private mutating func scanSpan(
    _ message: ProtobufCursor, scope: UInt32, resource: UInt32
  ) throws(WireError) {
    var fields = SpanFields()
    try fields.read(message)
    if let reason = fields.rejectionReason {
      reject(reason, at: message.position)
      return
    }
    let slice = Slice(from: message.current, byteCount: message.byteCountLeft, origin: message.origin)
    spans.append(SpanEntry(fields, slice: slice, scope: scope, resource: resource))
  }
}

extension SpanEntry {
  @inline(__always)
  fileprivate init(_ fields: SpanFields, slice: Slice, scope: UInt32, resource: UInt32) {
    self.init(
      traceID: TraceID(high: fields.traceHigh, low: fields.traceLow), spanID: SpanID(fields.spanID),
      parentID: SpanID(fields.parentID), start: Timestamp(nanoseconds: fields.start),
      end: Timestamp(nanoseconds: fields.end), slice: slice, name: fields.name, scope: scope,
      resource: resource, kind: fields.kind, status: fields.status)
  }
}
