package import SpanModel

/// A trace of a record: which entries of the span table are its spans.
///
///     byte 0          16           20           24
///          ┌──────────┬────────────┬────────────┐
///          │ trace id │ first span │ span count │
///          └──────────┴────────────┴────────────┘
package struct DirectoryTrace: Equatable, Sendable {
  package let traceID: TraceID
  package let firstSpan: UInt32
  package let spanCount: UInt32

  package init(decoding bytes: UnsafeRawPointer) {
    traceID = TraceID(high: bytes.bigEndian(at: 0), low: bytes.bigEndian(at: 8))
    firstSpan = bytes.littleEndian(at: 16)
    spanCount = bytes.littleEndian(at: 20)
  }
}

/// A span of a record: where its message stands in the body, and its scope.
///
///     byte 0          4            8       12
///          ┌──────────┬────────────┬───────┐
///          │ position │ byte count │ scope │
///          └──────────┴────────────┴───────┘
package struct DirectorySpan: Equatable, Sendable {
  package let slice: Slice
  package let scope: UInt32

  package init(decoding bytes: UnsafeRawPointer) {
    slice = Slice(position: bytes.littleEndian(at: 0), byteCount: bytes.littleEndian(at: 4))
    scope = bytes.littleEndian(at: 8)
  }
}

/// A scope envelope of a record: its resource, and which pieces it is made of.
///
///     byte 0          4             8             12
///          ┌──────────┬─────────────┬─────────────┐
///          │ resource │ first piece │ piece count │
///          └──────────┴─────────────┴─────────────┘
extension ScopeEntry {
  package init(decoding bytes: UnsafeRawPointer) {
    self.init(
      resource: bytes.littleEndian(at: 0), firstPiece: bytes.littleEndian(at: 4),
      pieceCount: bytes.littleEndian(at: 8))
  }
}

/// A resource envelope of a record: first piece and piece count, 4 bytes each.
extension ResourceEntry {
  package init(decoding bytes: UnsafeRawPointer) {
    self.init(firstPiece: bytes.littleEndian(at: 0), pieceCount: bytes.littleEndian(at: 4))
  }
}

/// A piece of an envelope: position in the body and byte count, 4 bytes each.
extension Slice {
  package init(decoding bytes: UnsafeRawPointer) {
    self.init(position: bytes.littleEndian(at: 0), byteCount: bytes.littleEndian(at: 4))
  }
}
