import SpanModel

/// What the scanner takes from one `Span` message: plain values, so that they can live in registers.
///
/// Of a field that comes twice the last counts, also when it is the worse one: so protobuf decoders do.
package struct SpanFields: Sendable {
  package var traceHigh: UInt64 = 0
  package var traceLow: UInt64 = 0
  package var traceIDByteCount = 0
  package var spanID: UInt64 = 0
  package var spanIDByteCount = 0
  package var parentID: UInt64 = 0
  package var start: UInt64 = 0
  package var end: UInt64 = 0
  package var name = Slice(position: 0, byteCount: 0)
  package var kind: Int32 = 0
  package var status: Int32 = 0

  package init() {}

  /// OTLP's `STATUS_CODE_ERROR`.
  private static let statusError: Int32 = 2

  package var isError: Bool { status == Self.statusError }

  /// - Parameter span: the message that was read.
  package func name(in span: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    span[name]
  }

  /// Why a span with these ids is refused, or `nil` when it is not.
  ///
  /// A change here is a change of the rules: see `RequestAcceptance.rulesVersion`.
  @inline(__always)
  var rejectionReason: SpanRejection.Reason? {
    if traceIDByteCount != TraceID.byteCount { return .traceIDByteCount }
    if traceHigh | traceLow == 0 { return .traceIDZero }
    if spanIDByteCount != SpanID.byteCount { return .spanIDByteCount }
    if spanID == 0 { return .spanIDZero }
    return nil
  }

  /// Reads all fields of the message that `cursor` stands in front of.
  ///
  /// - Throws: when the bytes are no protobuf; what stood before that was read.
  @inline(__always)
  package mutating func read(_ cursor: consuming ProtobufCursor) throws(WireError) {
    readUsualStart(&cursor)
    while !cursor.isAtEnd {
      skipUsualAttributes(&cursor)
      skipUsualFlags(&cursor)
      if cursor.isAtEnd { break }
      try readField(&cursor)
    }
  }

  @inline(__always)
  mutating func readField(_ cursor: inout ProtobufCursor) throws(WireError) {
    let tag = try cursor.readTag()
    switch tag {
    case OTLPTag.spanTraceID: readTraceID(try cursor.readBytes())
    case OTLPTag.spanID: readSpanID(try cursor.readBytes())
    case OTLPTag.spanParentID: readParentID(try cursor.readBytes())
    case OTLPTag.spanName: readName(try cursor.readBytes(), origin: cursor.origin)
    case OTLPTag.spanKind: kind = Int32(truncatingIfNeeded: try cursor.readVarint())
    case OTLPTag.spanStart: start = try cursor.readFixed64()
    case OTLPTag.spanEnd: end = try cursor.readFixed64()
    case OTLPTag.spanStatus: status = try Self.code(of: try cursor.readMessage(), before: status)
    default: try cursor.skipValue(of: tag, depth: OTLPTag.spanDepth)
    }
  }

  @inline(__always)
  mutating func readTraceID(_ bytes: UnsafeRawBufferPointer) {
    traceIDByteCount = bytes.count
    // SAFETY: bytes of a field that was read always have an address.
    if bytes.count == TraceID.byteCount { readTraceID(at: bytes.baseAddress.unsafelyUnwrapped) }
  }

  @inline(__always)
  mutating func readTraceID(at address: UnsafeRawPointer) {
    traceHigh = UInt64(bigEndian: address.loadUnaligned(as: UInt64.self))
    traceLow = UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    traceIDByteCount = TraceID.byteCount
  }

  @inline(__always)
  mutating func readSpanID(_ bytes: UnsafeRawBufferPointer) {
    spanIDByteCount = bytes.count
    // SAFETY: as above.
    if bytes.count == SpanID.byteCount { readSpanID(at: bytes.baseAddress.unsafelyUnwrapped) }
  }

  @inline(__always)
  mutating func readSpanID(at address: UnsafeRawPointer) {
    spanID = UInt64(bigEndian: address.loadUnaligned(as: UInt64.self))
    spanIDByteCount = SpanID.byteCount
  }

  @inline(__always)
  mutating func readParentID(_ bytes: UnsafeRawBufferPointer) {
    parentID = bytes.count == SpanID.byteCount ? UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)) : 0
  }

  @inline(__always)
  mutating func readName(_ bytes: UnsafeRawBufferPointer, origin: UnsafeRawPointer) {
    // SAFETY: as above.
    name = Slice(from: bytes.baseAddress.unsafelyUnwrapped, byteCount: bytes.count, origin: origin)
  }

  /// The code of a `Status` message. One that comes again is merged: without a code it leaves the one before.
  private static func code(
    of message: consuming ProtobufCursor, before: Int32
  ) throws(WireError) -> Int32 {
    var code = before
    while !message.isAtEnd {
      let tag = try message.readTag()
      if tag == OTLPTag.statusCode {
        code = Int32(truncatingIfNeeded: try message.readVarint())
      } else {
        try message.skipValue(of: tag, depth: OTLPTag.statusDepth)
      }
    }
    return code
  }
}
