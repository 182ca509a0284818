import SpanModel
import SpanTestKit

/// A request that can be made again from its number: all its spans are of one trace of its own.
struct AckedRequest: Sendable {
  let round: UInt64
  let number: UInt64

  var traceID: TraceID { TraceID(high: round + 1, low: number + 1) }

  var generated: GeneratedRequest {
    var shape = RequestGenerator.Shape()
    shape.spans = 20...40
    // Short: making and comparing them takes most of a round.
    shape.textByteCount = 1...6
    shape.traceIDs = [traceID]
    var generator = RequestGenerator(seed: round << 32 | number, shape: shape)
    return generator.request()
  }

  var bytes: [UInt8] { generated.bytes }
}
