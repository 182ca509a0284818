import SpanModel
import SpanWire

/// A number that changes when any byte of any span does, and not when spans come in another order or in other
/// chunks.
struct SpanSetHash: Sendable {
  private var sum: UInt64 = 0
  private(set) var spanCount = 0

  var text: String { hexDigits(of: sum) }

  mutating func add(_ batch: borrowing SpanBatch, of bytes: UnsafeRawBufferPointer) {
    for span in batch.spans {
      let start = Int(span.slice.position)
      let message = UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(span.slice.byteCount)])
      let checksum = UInt64(CRC32C.checksum(message)) | UInt64(message.count) << 32
      var mixed = SplitMix(state: span.traceID.high ^ span.traceID.low ^ checksum)
      var other = SplitMix(state: mixed.next() ^ span.spanID.rawValue)
      sum &+= other.next()
    }
    spanCount += batch.spans.count
  }

  mutating func add(_ other: SpanSetHash) {
    sum &+= other.sum
    spanCount += other.spanCount
  }
}
