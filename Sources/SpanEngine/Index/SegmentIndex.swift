internal import SpanWire

/// How the traces of a segment are found.
package enum SegmentIndex: Sendable {
  /// Of an active segment, and of a full one until its index file is written.
  case memory(TraceIndex)
  case file(IndexFile)

  /// Memory that it takes.
  var residentByteCount: Int {
    switch self {
    case .memory(let index): index.byteCount
    case .file(let file): file.residentByteCount
    }
  }

  /// Traces in the segment, ids of equal tag counted once.
  var traceCount: UInt64 {
    switch self {
    case .memory(let index): UInt64(index.traceCount)
    case .file(let file): file.header.traceCount
    }
  }
}

/// A segment and how its traces are found.
package struct IndexedSegment: Sendable {
  package let segment: Segment
  package let index: SegmentIndex
}
