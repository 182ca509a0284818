/// What one step of a decoder did.
struct DecoderStep {
  var consumedByteCount: Int
  var producedByteCount: Int
}

/// Decodes one stream, piece by piece. A class, because it owns the library's state and frees it.
///
/// A step goes on until the input is used up or the output is full. More may then still wait inside, so
/// the end of a stream is reached only when a step without input produces nothing.
protocol Decoder: AnyObject {
  /// Whether the bytes so far end where a member or frame ends, so that the stream may end there.
  var isAtBoundary: Bool { get }

  func step(
    input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer
  ) throws(DecoderFailure) -> DecoderStep
}

/// Why a step failed, before it is known where in the stream that was.
enum DecoderFailure: Error {
  case corrupt(reason: String)
  case outOfMemory
}
