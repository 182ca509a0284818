/// How the scanner puts down what it finds.
extension SpanBatch {
  /// The longest request: protobuf's own limit for a message, within which a position fits 32 bits.
  package static let requestByteCountMax = Int(Int32.max) - 1

  /// Entries of each kind that an emptied batch keeps room for, 7.25 MiB in all. A hostile request makes a
  /// batch of up to seven times its size (a piece and an empty scope take 4 bytes and their entries 28), and
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

  mutating func finishResource() {
    resources.append(
      ResourceEntry(
        firstPiece: UInt32(truncatingIfNeeded: pieces.count),
        pieceCount: UInt32(truncatingIfNeeded: heldPieces.count)))
    pieces.append(contentsOf: heldPieces)
    heldPieces.removeAll(keepingCapacity: true)
  }

  mutating func appendScope(resource: UInt32, firstPiece: Int) {
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
