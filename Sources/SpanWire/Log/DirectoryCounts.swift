/// How many entries each table of a record's directory has. The tables stand one behind the other, in the
/// order of these fields, all entries of a table being of one size: so the counts say where each entry is.
package struct DirectoryCounts: Equatable, Sendable {
  package static let traceByteCount = 24
  package static let spanByteCount = 12
  package static let scopeByteCount = 12
  package static let resourceByteCount = 8
  package static let pieceByteCount = 8
  package static let sourceRangeByteCount = 32

  package var traces: UInt32
  package var spans: UInt32
  package var scopes: UInt32
  package var resources: UInt32
  package var pieces: UInt32
  package var sourceRanges: UInt16

  package init(
    traces: UInt32 = 0, spans: UInt32 = 0, scopes: UInt32 = 0, resources: UInt32 = 0, pieces: UInt32 = 0,
    sourceRanges: UInt16 = 0
  ) {
    self.traces = traces
    self.spans = spans
    self.scopes = scopes
    self.resources = resources
    self.pieces = pieces
    self.sourceRanges = sourceRanges
  }

  package var spanTablePosition: Int { Int(traces) * Self.traceByteCount }
  package var scopeTablePosition: Int { spanTablePosition + Int(spans) * Self.spanByteCount }
  package var resourceTablePosition: Int { scopeTablePosition + Int(scopes) * Self.scopeByteCount }
  package var pieceTablePosition: Int { resourceTablePosition + Int(resources) * Self.resourceByteCount }
  package var sourceRangeTablePosition: Int { pieceTablePosition + Int(pieces) * Self.pieceByteCount }
  package var directoryByteCount: Int {
    sourceRangeTablePosition + Int(sourceRanges) * Self.sourceRangeByteCount
  }
}
