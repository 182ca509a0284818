import SpanAnswers
import SpanModel
import SpanWire

/// A request and where in it everything lies.
struct OpenedRequest {
  private(set) var bytes: [UInt8] = []
  private(set) var batch = SpanBatch()

  /// Takes the place of the request before.
  mutating func open(_ bytes: [UInt8]) throws(WireError) {
    self.bytes = bytes
    var outcome: Result<Void, WireError> = .success(())
    bytes.withUnsafeBytes { bytes in
      do throws(WireError) { try batch.scan(bytes) } catch { outcome = .failure(error) }
    }
    try outcome.get()
  }

  func bytes(of slice: Slice) -> ArraySlice<UInt8> {
    bytes[Int(slice.position)..<Int(slice.position) + Int(slice.byteCount)]
  }

  /// All fields of a `ResourceSpans` but its scopes.
  func resource(_ number: UInt32) -> [UInt8] {
    let entry = batch.resources[Int(number)]
    return pieces(entry.firstPiece, entry.pieceCount)
  }

  /// All fields of a `ScopeSpans` but its spans.
  func scope(_ number: UInt32) -> [UInt8] {
    let entry = batch.scopes[Int(number)]
    return pieces(entry.firstPiece, entry.pieceCount)
  }

  private func pieces(_ first: UInt32, _ count: UInt32) -> [UInt8] {
    batch.pieces[Int(first)..<Int(first) + Int(count)].flatMap { bytes(of: $0) }
  }
}
