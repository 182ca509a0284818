package import SpanModel

/// What a `Maintain` asks for: one of three.
///
///     CompactRequest compact = 1;  VerifyRequest verify = 2;  SnapshotRequest snapshot = 3;
package struct MaintainRequest: RPCBody {
  package var compact: CompactRequest?
  package var verify: VerifyRequest?
  package var snapshot: SnapshotRequest?

  package init() {}

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .bytes): compact = try CompactRequest(decoding: try cursor.readBytes())
    case (2, .bytes): verify = try VerifyRequest(decoding: try cursor.readBytes())
    case (3, .bytes): snapshot = try SnapshotRequest(decoding: try cursor.readBytes())
    default: return false
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    if let compact { writer.writeBytes(compact.encoded, field: 1) }
    if let verify { writer.writeBytes(verify.encoded, field: 2) }
    if let snapshot { writer.writeBytes(snapshot.encoded, field: 3) }
  }
}

/// What a compaction is to leave out.
///
///     repeated string keep = 1;  uint64 drop_older_than_ms = 2;  optional uint64 settle_ms = 3;
///     bool dry_run = 4;
package struct CompactRequest: RPCBody {
  /// Keep rules, as text; without one all traces are kept.
  package var keep: [String] = []
  /// Spans that arrived longer ago are dropped; 0: none are.
  package var dropOlderThanMilliseconds: UInt64 = 0
  /// How old a trace's newest record must be before rules may drop it; absent: ten minutes.
  package var settleMilliseconds: UInt64?
  package var isDryRun = false

  package init() {}

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .bytes): keep.append(try cursor.readText())
    case (2, .varint): dropOlderThanMilliseconds = try cursor.readVarint()
    case (3, .varint): settleMilliseconds = try cursor.readVarint()
    case (4, .varint): isDryRun = try cursor.readVarint() != 0
    default: return false
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    for rule in keep { writer.writeString(rule, field: 1) }
    writer.writeNonzero(dropOlderThanMilliseconds, field: 2)
    if let settleMilliseconds { writer.writeUInt64(settleMilliseconds, field: 3) }
    writer.writeNonzero(isDryRun ? 1 : 0, field: 4)
  }
}

/// What is to be verified: everything, or that a trace is gone.
///
///     bytes deleted = 1;
package struct VerifyRequest: RPCBody {
  /// As sent; empty: everything is verified.
  package var deletedBytes: [UInt8] = []

  package init() {}

  package init(deleted traceID: TraceID?) { deletedBytes = traceID?.bytes ?? [] }

  /// `nil` unless 16 bytes were sent.
  package var deleted: TraceID? { TraceID(bytes: deletedBytes) }

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    guard (tag.number, tag.wireType) == (1, .bytes) else { return false }
    deletedBytes = Array(try cursor.readBytes())
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    if !deletedBytes.isEmpty { writer.writeBytes(deletedBytes, field: 1) }
  }
}

/// Where a copy goes, on the server's machine.
///
///     string into = 1;
package struct SnapshotRequest: RPCBody {
  package var into = ""

  package init() {}

  package init(into: String) { self.into = into }

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    guard (tag.number, tag.wireType) == (1, .bytes) else { return false }
    into = try cursor.readText()
    return true
  }

  package func write(to writer: inout ProtobufWriter) { writer.writeNonempty(into, field: 1) }
}
