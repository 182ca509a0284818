/// How the scanner puts down what it finds.
extension SpanBatch {
  /// The longest request: protobuf's own limit for a message, within which a position fits 32 bits.
  package static let requestByteCountMax = Int(Int32.max) - 1

  /// Entries of each kind that an emptied batch keeps room for, 7.25 MiB in all. A hostile request makes a
  /// batch of up to three times its size (a span with nothing but ids takes 30 bytes and its entry 88), and
  /// arrays take twice that while they grow: such room must not stay.
  static let entryCountKept = 1 << 16

  mutating func removeAll() {
    spans.removeAll(keepingCapacity: spans.capacity <= Self.entryCountKept)
    scopes.removeAll(keepingCapacity: scopes.capacity <= Self.entryCountKept)
    resources.removeAll(keepingCapacity: resources.capacity <= Self.entryCountKept)
    pieces.removeAll(keepingCapacity: pieces.capacity <= Self.entryCountKept)
    heldPieces.removeAll(keepingCapacity: heldPieces.capacity <= Self.entryCountKept)
    rejectedSpanCount = 0
    firstRejection = nil
  }

  @inline(__always)
  mutating func appendPiece(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer, origin: UnsafeRawPointer
  ) {
    if start == end { return }
    pieces.append(Slice(from: start, byteCount: end - start, origin: origin))
  }

  /// Sets a piece of the resource aside: those of its scopes come in between, and the pieces of one envelope
  /// must stand next to each other.
  mutating func holdResourcePiece(
    from start: UnsafeRawPointer, to end: UnsafeRawPointer, origin: UnsafeRawPointer
  ) {
    if start == end { return }
    heldPieces.append(Slice(from: start, byteCount: end - start, origin: origin))
  }

  /// Puts down a resource whose scopes are done; nothing leads to one without scopes.
  mutating func finishResource(hasScopes: Bool) {
    defer { heldPieces.removeAll(keepingCapacity: true) }
    guard hasScopes else { return }
    resources.append(
      ResourceEntry(
        firstPiece: UInt32(truncatingIfNeeded: pieces.count),
        pieceCount: UInt32(truncatingIfNeeded: heldPieces.count)))
    pieces.append(contentsOf: heldPieces)
  }

  /// Puts down a scope whose spans are done. One without accepted spans is left out: nothing leads to it, and
  /// at two bytes each in a request they would make a directory of many times its size.
  mutating func finishScope(resource: UInt32, firstPiece: Int, hasSpans: Bool) {
    guard hasSpans else {
      pieces.removeSubrange(firstPiece...)
      return
    }
    scopes.append(
      ScopeEntry(
        resource: resource, firstPiece: UInt32(truncatingIfNeeded: firstPiece),
        pieceCount: UInt32(truncatingIfNeeded: pieces.count - firstPiece)))
  }

  @inline(never)
  mutating func reject(_ reason: SpanRejection.Reason, at position: Int) {
    if rejectedSpanCount == 0 { firstRejection = SpanRejection(reason: reason, position: position) }
    rejectedSpanCount += 1
  }
}

extension Slice {
  /// - Precondition: it lies within `SpanBatch.requestByteCountMax` bytes from `origin`.
  @inline(__always)
  init(from start: UnsafeRawPointer, byteCount: Int, origin: UnsafeRawPointer) {
    self.init(
      position: UInt32(truncatingIfNeeded: start - origin), byteCount: UInt32(truncatingIfNeeded: byteCount))
  }
}
