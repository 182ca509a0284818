/// Passes on what is not compressed.
final class PlainDecoder: Decoder {
  var isAtBoundary: Bool { true }

  func step(
    input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer
  ) throws(DecoderFailure) -> DecoderStep {
    let byteCount = min(input.count, output.count)
    output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input.prefix(byteCount)))
    return DecoderStep(consumedByteCount: byteCount, producedByteCount: byteCount)
  }
}
