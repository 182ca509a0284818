internal import SpanModel

/// Groups the spans of a batch by trace and writes the directory that stands behind its body.
///
/// Made once per thread that appends and used again for each request, so that it allocates nothing once its
/// arrays have grown. Traces keep the order in which they first occur, spans the order of arrival.
package struct DirectoryBuilder {
  private struct Trace {
    var id: TraceID
    var spanCount: UInt32
    var nextSpan: UInt32
  }

  /// Room for more spans than this, which few requests have, is given back with the next request.
  private static let keptSpanCountMax = 1 << 16

  private let hash: TraceIDHash
  private var traces: [Trace] = []
  /// For each span its trace's number in `traces`.
  private var traceOfSpan: [UInt32] = []
  /// Open addressing by the hash of the trace id: a trace's number plus one, or zero.
  private var slots: [UInt32] = []

  /// - Parameter hashKey: secret, so that nobody outside can choose ids that collide.
  package init(hashKey: HashKey) {
    hash = TraceIDHash(key: hashKey)
  }

  /// Groups the spans of `batch`; `encode` then writes them.
  package mutating func group(_ batch: borrowing SpanBatch) -> DirectoryCounts {
    let keepsRoom = traceOfSpan.capacity <= Self.keptSpanCountMax
    traces.removeAll(keepingCapacity: keepsRoom)
    traceOfSpan.removeAll(keepingCapacity: keepsRoom)
    if !keepsRoom { slots = [] }
    let spanCount = batch.spans.count
    prepareSlots(spanCount: spanCount)
    batch.spans.withUnsafeBufferPointer { spans in
      var last = TraceID.zero
      var lastNumber: UInt32 = 0
      for number in 0..<spanCount {
        let traceID = spans[number].traceID
        if traceID != last {
          last = traceID
          lastNumber = traceNumber(of: traceID)
        }
        traces[Int(lastNumber)].spanCount &+= 1
        traceOfSpan.append(lastNumber)
      }
    }
    return DirectoryCounts(
      traces: UInt32(traces.count), spans: UInt32(spanCount), scopes: UInt32(batch.scopes.count),
      resources: UInt32(batch.resources.count), pieces: UInt32(batch.pieces.count))
  }

  /// Writes the directory of the batch that was grouped last.
  ///
  /// - Precondition: `bytes` has room for `counts.directoryByteCount`, which `group` returned.
  package mutating func encode(
    _ batch: borrowing SpanBatch, counts: DirectoryCounts, to bytes: UnsafeMutableRawPointer
  ) {
    encodeTraces(to: bytes)
    encodeSpans(batch, to: bytes + counts.spanTablePosition)
    encodeEnvelopes(batch, counts: counts, to: bytes)
  }

  private mutating func encodeTraces(to bytes: UnsafeMutableRawPointer) {
    var firstSpan: UInt32 = 0
    var next = bytes
    for number in traces.indices {
      traces[number].nextSpan = firstSpan
      let trace = traces[number]
      next.storeBigEndian(trace.id.high, at: 0)
      next.storeBigEndian(trace.id.low, at: 8)
      next.storeLittleEndian(firstSpan, at: 16)
      next.storeLittleEndian(trace.spanCount, at: 20)
      next += DirectoryCounts.traceByteCount
      firstSpan &+= trace.spanCount
    }
  }

  private mutating func encodeSpans(_ batch: borrowing SpanBatch, to table: UnsafeMutableRawPointer) {
    batch.spans.withUnsafeBufferPointer { spans in
      traces.withUnsafeMutableBufferPointer { traces in
        for number in 0..<spans.count {
          let trace = Int(traceOfSpan[number])
          let place = table + Int(traces[trace].nextSpan) * DirectoryCounts.spanByteCount
          traces[trace].nextSpan &+= 1
          place.storeLittleEndian(spans[number].slice.position, at: 0)
          place.storeLittleEndian(spans[number].slice.byteCount, at: 4)
          place.storeLittleEndian(spans[number].scope, at: 8)
        }
      }
    }
  }

  private func encodeEnvelopes(
    _ batch: borrowing SpanBatch, counts: DirectoryCounts, to bytes: UnsafeMutableRawPointer
  ) {
    var next = bytes + counts.scopeTablePosition
    for scope in batch.scopes {
      next.storeLittleEndian(scope.resource, at: 0)
      next.storeLittleEndian(scope.firstPiece, at: 4)
      next.storeLittleEndian(scope.pieceCount, at: 8)
      next += DirectoryCounts.scopeByteCount
    }
    for resource in batch.resources {
      next.storeLittleEndian(resource.firstPiece, at: 0)
      next.storeLittleEndian(resource.pieceCount, at: 4)
      next += DirectoryCounts.resourceByteCount
    }
    for piece in batch.pieces {
      next.storeLittleEndian(piece.position, at: 0)
      next.storeLittleEndian(piece.byteCount, at: 4)
      next += DirectoryCounts.pieceByteCount
    }
  }

  private mutating func prepareSlots(spanCount: Int) {
    var slotCount = 64
    while slotCount < spanCount * 2 { slotCount *= 2 }
    slots.removeAll(keepingCapacity: true)
    slots.append(contentsOf: repeatElement(0, count: slotCount))
  }

  private mutating func traceNumber(of traceID: TraceID) -> UInt32 {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash.hash(of: traceID)) & mask
    while slots[slot] != 0 {
      let number = slots[slot] - 1
      if traces[Int(number)].id == traceID { return number }
      slot = (slot + 1) & mask
    }
    let number = UInt32(traces.count)
    slots[slot] = number + 1
    traces.append(Trace(id: traceID, spanCount: 0, nextSpan: 0))
    return number
  }
}
