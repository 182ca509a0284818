package import SpanModel
internal import SpanWire

/// A way through the traces of a sealed segment, ascending by hash: so by the tags that indexes of log
/// segments are in order of. A trace that goes on in another row group comes twice. One thread at a time.
package final class SealedTraceCursor {
  package let segment: SealedSegment
  private let hash: TraceIDHash
  private var reader: RowGroupReader?
  private var nextGroup = 0
  private var nextTrace = 0
  private var traceCount = 0

  package init(_ segment: SealedSegment) {
    self.segment = segment
    hash = TraceIDHash(key: segment.footer.hashKey)
  }

  /// The tag of the next trace, or `nil` at the end. May ask the disk.
  ///
  /// - Throws: `.corrupt` for a row group that is damaged; what follows is of the next one.
  package func nextTag() throws(StoreError) -> UInt32? {
    while nextTrace == traceCount {
      guard nextGroup < segment.layout.firstHashes.count else { return nil }
      nextGroup += 1
      (nextTrace, traceCount) = (0, 0)
      if reader == nil { try openContents() }
      guard let reader else { return nil }
      try segment.open(rowGroup: nextGroup - 1, in: reader)
      traceCount = reader.traceCount
    }
    return reader.map { TraceIndex.tag(of: hash.hash(of: $0.traceID(nextTrace))) }
  }

  private func openContents() throws(StoreError) {
    // Should this fail, none of the row groups can be read.
    let next = nextGroup
    nextGroup = segment.layout.firstHashes.count
    reader = RowGroupReader(try segment.contents().dictionary)
    nextGroup = next
  }

  /// The next trace, and the records that its spans came in.
  ///
  /// - Precondition: `nextTag` returned one.
  package func next() -> TraceID {
    guard let reader else { preconditionFailure("no trace was found") }
    nextTrace += 1
    return reader.traceID(nextTrace - 1)
  }
}
