/// A chunk of the answer to `Maintain`: how far it is, or, in the last, what came of it.
///
///     MaintainProgress progress = 1;  CompactReport compact = 2;  VerifyReport verify = 3;
///     SnapshotReport snapshot = 4;
package struct MaintainAnswer: RPCBody {
  package var progress: MaintainProgress?
  package var compact: CompactReportBody?
  package var verify: VerifyReportBody?
  package var snapshot: SnapshotReportBody?

  package init() {}

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .bytes): progress = try MaintainProgress(decoding: try cursor.readBytes())
    case (2, .bytes): compact = try CompactReportBody(decoding: try cursor.readBytes())
    case (3, .bytes): verify = try VerifyReportBody(decoding: try cursor.readBytes())
    case (4, .bytes): snapshot = try SnapshotReportBody(decoding: try cursor.readBytes())
    default: return false
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    if let progress { writer.writeBytes(progress.encoded, field: 1) }
    if let compact { writer.writeBytes(compact.encoded, field: 2) }
    if let verify { writer.writeBytes(verify.encoded, field: 3) }
    if let snapshot { writer.writeBytes(snapshot.encoded, field: 4) }
  }
}

/// How far it is.
///
///     string phase = 1;  uint64 done_bytes = 2;  uint64 total_bytes = 3;
package struct MaintainProgress: RPCBody {
  package var phase = ""
  package var doneByteCount: UInt64 = 0
  package var totalByteCount: UInt64 = 0

  package init() {}

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .bytes): phase = try cursor.readText()
    case (2, .varint): doneByteCount = try cursor.readVarint()
    case (3, .varint): totalByteCount = try cursor.readVarint()
    default: return false
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    writer.writeNonempty(phase, field: 1)
    writer.writeNonzero(doneByteCount, field: 2)
    writer.writeNonzero(totalByteCount, field: 3)
  }
}

/// What a compaction did, or would do: counters, each under the number in `counters`, and what is damaged.
///
///     uint64 … = 1 to 14;  uint64 damages = 15;  repeated string damage = 16;
package struct CompactReportBody: RPCBody {
  package var fileCountBefore: UInt64 = 0
  package var byteCountBefore: UInt64 = 0
  package var fileCountAfter: UInt64 = 0
  package var byteCountAfter: UInt64 = 0
  package var sealedFileCount: UInt64 = 0
  package var mergedFileCount: UInt64 = 0
  package var newFileCount: UInt64 = 0
  package var readSpanCount: UInt64 = 0
  package var copyCount: UInt64 = 0
  package var deletedSpanCount: UInt64 = 0
  package var oldSpanCount: UInt64 = 0
  package var judgedSpanCount: UInt64 = 0
  package var judgedTraceCount: UInt64 = 0
  package var unjudgedTraceCount: UInt64 = 0
  package var damageCount: UInt64 = 0
  /// Of the first of them.
  package var damageTexts: [String] = []

  package static let counters:
    [(field: UInt32, path: any WritableKeyPath<CompactReportBody, UInt64> & Sendable)] = [
      (1, \.fileCountBefore), (2, \.byteCountBefore), (3, \.fileCountAfter), (4, \.byteCountAfter),
      (5, \.sealedFileCount), (6, \.mergedFileCount), (7, \.newFileCount), (8, \.readSpanCount),
      (9, \.copyCount), (10, \.deletedSpanCount), (11, \.oldSpanCount), (12, \.judgedSpanCount),
      (13, \.judgedTraceCount), (14, \.unjudgedTraceCount), (15, \.damageCount),
    ]

  package init() {}

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    if (tag.number, tag.wireType) == (16, .bytes) {
      damageTexts.append(try cursor.readText())
      return true
    }
    guard tag.wireType == .varint, let counter = Self.counters.first(where: { $0.field == tag.number }) else {
      return false
    }
    self[keyPath: counter.path] = try cursor.readVarint()
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    for counter in Self.counters { writer.writeNonzero(self[keyPath: counter.path], field: counter.field) }
    for text in damageTexts { writer.writeString(text, field: 16) }
  }
}

/// What a verification found.
///
///     bool whole = 1;  repeated string line = 2;
package struct VerifyReportBody: RPCBody {
  /// Nothing is damaged; or, when a trace was looked for, none of it is there.
  package var isWhole = false
  /// As `spanlog verify` prints them.
  package var lines: [String] = []

  package init() {}

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .varint): isWhole = try cursor.readVarint() != 0
    case (2, .bytes): lines.append(try cursor.readText())
    default: return false
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    writer.writeNonzero(isWhole ? 1 : 0, field: 1)
    for line in lines { writer.writeString(line, field: 2) }
  }
}

/// What was copied.
///
///     uint64 linked_files = 1;  uint64 copied_files = 2;  uint64 copied_bytes = 3;  uint64 damages = 4;
///     repeated string damage = 5;
package struct SnapshotReportBody: RPCBody {
  package var linkedFileCount: UInt64 = 0
  package var copiedFileCount: UInt64 = 0
  package var copiedByteCount: UInt64 = 0
  package var damageCount: UInt64 = 0
  /// Of the first of them.
  package var damageTexts: [String] = []

  package init() {}

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .varint): linkedFileCount = try cursor.readVarint()
    case (2, .varint): copiedFileCount = try cursor.readVarint()
    case (3, .varint): copiedByteCount = try cursor.readVarint()
    case (4, .varint): damageCount = try cursor.readVarint()
    case (5, .bytes): damageTexts.append(try cursor.readText())
    default: return false
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    writer.writeNonzero(linkedFileCount, field: 1)
    writer.writeNonzero(copiedFileCount, field: 2)
    writer.writeNonzero(copiedByteCount, field: 3)
    writer.writeNonzero(damageCount, field: 4)
    for text in damageTexts { writer.writeString(text, field: 5) }
  }
}
