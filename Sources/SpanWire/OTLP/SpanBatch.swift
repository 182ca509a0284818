package import SpanModel

/// What one scan of an `ExportTraceServiceRequest` found: where each span and envelope lies, and the few
/// values of a span that storing and finding it needs. Nothing is copied out of the request's bytes.
///
/// A batch is made once per event loop and filled again for each request, so that its arrays keep their
/// room and a scan allocates nothing.
package struct SpanBatch: Sendable {
  /// The accepted spans, in order of arrival.
  package internal(set) var spans: [SpanEntry] = []
  /// One per `ScopeSpans` that holds accepted spans, in order of arrival.
  package internal(set) var scopes: [ScopeEntry] = []
  /// One per `ResourceSpans` that holds such scopes, in order of arrival.
  package internal(set) var resources: [ResourceEntry] = []
  /// The slices that envelopes are made of; a scope's and a resource's stand next to each other.
  package internal(set) var pieces: [Slice] = []
  /// Spans refused for their ids.
  package internal(set) var rejectedSpanCount = 0
  /// Why the first of them was refused and where it stands.
  package internal(set) var firstRejection: SpanRejection?
  /// Pieces of the resource that is being scanned; empty between scans.
  var heldPieces: [Slice] = []

  package init() {}
}

/// A run of bytes within a request.
package struct Slice: Equatable, Sendable, BitwiseCopyable {
  package let position: UInt32
  package let byteCount: UInt32

  package init(position: UInt32, byteCount: UInt32) {
    self.position = position
    self.byteCount = byteCount
  }
}

/// One accepted span of a batch.
package struct SpanEntry: Equatable, Sendable {
  package var traceID: TraceID
  package var spanID: SpanID
  /// Zero when the span has no parent, or one whose id is not 8 bytes long.
  package var parentID: SpanID
  package var start: Timestamp
  package var end: Timestamp
  /// The protobuf `Span` message, without its tag and length.
  package var slice: Slice
  /// Text of field `name`, not checked to be UTF-8; empty at position 0 when the field is absent.
  package var name: Slice
  /// Number of the scope envelope in the batch's `scopes`.
  package var scope: UInt32
  /// Number of the resource envelope in the batch's `resources`.
  package var resource: UInt32
  /// OTLP `SpanKind` as sent.
  package var kind: Int32
  /// OTLP `StatusCode` as sent.
  package var status: Int32
}

/// All fields of a `ScopeSpans` but its spans: `pieces[firstPiece..<firstPiece + pieceCount]`, each one or
/// more whole fields with their tags, in order of arrival.
package struct ScopeEntry: Equatable, Sendable {
  package var resource: UInt32
  package var firstPiece: UInt32
  package var pieceCount: UInt32
}

/// All fields of a `ResourceSpans` but its scope spans, as with `ScopeEntry`.
package struct ResourceEntry: Equatable, Sendable {
  package var firstPiece: UInt32
  package var pieceCount: UInt32
}

/// Why a span was refused.
package struct SpanRejection: Equatable, Sendable {
  package enum Reason: UInt8, Sendable {
    case traceIDByteCount
    case traceIDZero
    case spanIDByteCount
    case spanIDZero
    case traceDeleted
  }

  package let reason: Reason
  /// Where the span's message begins in the request.
  package let position: Int

  package init(reason: Reason, position: Int) {
    self.reason = reason
    self.position = position
  }
}

extension SpanRejection: CustomStringConvertible {
  package var description: String {
    let cause =
      switch reason {
      case .traceIDByteCount: "its trace id is not 16 bytes long"
      case .traceIDZero: "its trace id is all zero"
      case .spanIDByteCount: "its span id is not 8 bytes long"
      case .spanIDZero: "its span id is all zero"
      case .traceDeleted: "its trace was deleted, and later spans of it are not taken for some time"
      }
    return "the span at byte \(position) was refused: \(cause)"
  }
}

extension SpanBatch {
  /// The id of a `Span` message that was scanned before; zero when it is not one.
  package static func spanID(of span: UnsafeRawBufferPointer) -> UInt64 {
    var fields = SpanFields()
    do throws(WireError) { try fields.read(ProtobufCursor(span)) } catch { return 0 }
    return fields.spanID
  }
}
