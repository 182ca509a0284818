/// A request put together anew from one that was scanned, without some of its spans.
///
/// Spans and envelopes keep their bytes and their order; a scope or resource without spans is left out, and
/// so are the spans that were refused and what the request has besides its resources.
package struct RequestWithoutSpans {
  package private(set) var bytes: [UInt8] = []
  private let request: UnsafeRawBufferPointer

  /// - Parameter request: what `batch` is a scan of.
  package init(
    of request: UnsafeRawBufferPointer, _ batch: borrowing SpanBatch, leavesOut: (SpanEntry) -> Bool
  ) {
    self.request = request
    var resource = ProtobufWriter()
    var message = ProtobufWriter()
    var next = 0
    for number in batch.scopes.indices {
      let scope = batch.scopes[number]
      var spans = ProtobufWriter()
      while next < batch.spans.count, Int(batch.spans[next].scope) == number {
        if !leavesOut(batch.spans[next]) { spans.writeBytes(slice(batch.spans[next].slice), field: 2) }
        next += 1
      }
      if !spans.bytes.isEmpty {
        spans.bytes += pieces(scope.firstPiece, scope.pieceCount, batch)
        resource.writeBytes(spans.bytes, field: 2)
      }
      let isLast = number + 1 == batch.scopes.count || batch.scopes[number + 1].resource != scope.resource
      guard isLast, !resource.bytes.isEmpty else { continue }
      let entry = batch.resources[Int(scope.resource)]
      resource.bytes += pieces(entry.firstPiece, entry.pieceCount, batch)
      message.writeBytes(resource.bytes, field: 1)
      resource.bytes = []
    }
    bytes = message.bytes
  }

  private func slice(_ slice: Slice) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      rebasing: request[Int(slice.position)..<Int(slice.position) + Int(slice.byteCount)])
  }

  private func pieces(_ first: UInt32, _ count: UInt32, _ batch: borrowing SpanBatch) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in 0..<Int(count) { bytes += slice(batch.pieces[Int(first) + number]) }
    return bytes
  }
}
