import SpanModel
import SpanWire

/// A number that changes when anything the scanner found does.
struct ScanHash {
  private var hash = KeyedHash128(key: (0, 0))
  private(set) var spanCount = 0

  var text: String {
    let value = hash.finalize()
    return String(value.0, radix: 16) + String(value.1, radix: 16)
  }

  mutating func add(_ batch: SpanBatch) {
    spanCount += batch.spans.count
    for span in batch.spans { add(span) }
    for piece in batch.pieces { add(piece) }
    hash.combine(UInt64(batch.scopes.count))
    hash.combine(UInt64(batch.resources.count))
    hash.combine(UInt64(batch.rejectedSpanCount))
  }

  private mutating func add(_ span: SpanEntry) {
    hash.combine(span.traceID.high)
    hash.combine(span.traceID.low)
    hash.combine(span.spanID.rawValue)
    hash.combine(span.parentID.rawValue)
    hash.combine(span.start.nanoseconds)
    hash.combine(span.end.nanoseconds)
    add(span.slice)
    add(span.name)
    hash.combine(UInt64(span.scope) << 32 | UInt64(span.resource))
    hash.combine(UInt64(UInt32(bitPattern: span.kind)) << 32 | UInt64(UInt32(bitPattern: span.status)))
  }

  private mutating func add(_ slice: Slice) {
    hash.combine(UInt64(slice.position) << 32 | UInt64(slice.byteCount))
  }
}
