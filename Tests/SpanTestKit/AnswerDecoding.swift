internal import SpanModel
package import SpanWire

/// The spans in a `TracesData` message, with the envelopes they stand in.
package func decodeAnswer(_ bytes: [UInt8]) throws(WireError) -> [GeneratedSpan] {
  var batch = SpanBatch()
  return try decodeAnswer(bytes, &batch)
}

/// The same, with memory that is used again from one answer to the next.
package func decodeAnswer(_ bytes: [UInt8], _ batch: inout SpanBatch) throws(WireError) -> [GeneratedSpan] {
  var outcome: Result<Void, WireError> = .success(())
  bytes.withUnsafeBytes { bytes in
    do throws(WireError) { try batch.scan(bytes) } catch { outcome = .failure(error) }
  }
  try outcome.get()
  func slice(_ slice: Slice) -> [UInt8] {
    Array(bytes[Int(slice.position)..<Int(slice.position) + Int(slice.byteCount)])
  }
  func pieces(_ first: UInt32, _ count: UInt32) -> [UInt8] {
    if count == 1 { return slice(batch.pieces[Int(first)]) }
    return batch.pieces[Int(first)..<Int(first) + Int(count)].flatMap(slice)
  }
  let resources = batch.resources.map { pieces($0.firstPiece, $0.pieceCount) }
  let scopes = batch.scopes.map { pieces($0.firstPiece, $0.pieceCount) }
  return batch.spans.map { span in
    GeneratedSpan(
      traceID: span.traceID, bytes: slice(span.slice), resource: resources[Int(span.resource)],
      scope: scopes[Int(span.scope)])
  }
}
