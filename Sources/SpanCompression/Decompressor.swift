/// Decompresses a stream that is pushed into it, piece by piece, with a bound on what comes out.
///
/// Holds no bytes of its own beyond the decoder's window: what did not fit the output is asked for again.
package struct Decompressor: ~Copyable {
  package let compression: Compression
  /// The most bytes that may come out, all told.
  package let byteCountMax: UInt64
  /// Compressed bytes taken so far.
  package private(set) var position: UInt64 = 0
  private var producedByteCount: UInt64 = 0
  private let decoder: any Decoder

  package init(_ compression: Compression, byteCountMax: UInt64 = .max) throws(DecompressionError) {
    self.compression = compression
    self.byteCountMax = byteCountMax
    do throws(DecoderFailure) {
      decoder =
        switch compression {
        case .none: PlainDecoder()
        case .gzip: try GzipDecoder()
        case .zstd: try ZstdDecoder()
        }
    } catch {
      throw .outOfMemory(compression)
    }
  }

  /// Decompresses from the start of `input` to the start of `output`, until one is used up or full.
  ///
  /// - Parameters:
  ///   - input: the next bytes; empty to get what still waits inside.
  ///   - output: room for what comes out; not empty.
  /// - Returns: how many bytes were taken from `input` and put into `output`.
  package mutating func decompress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(DecompressionError) -> (consumedByteCount: Int, producedByteCount: Int) {
    let step = try step(input, into: output)
    position += UInt64(step.consumedByteCount)
    producedByteCount += UInt64(step.producedByteCount)
    guard producedByteCount <= byteCountMax else { throw .tooLarge(byteCountMax: byteCountMax) }
    return (step.consumedByteCount, step.producedByteCount)
  }

  /// To be called when no input is left and nothing came out any more.
  ///
  /// - Throws: `.truncated` when the stream may not end here.
  package func finish() throws(DecompressionError) {
    guard decoder.isAtBoundary else { throw .truncated(compression, position: position) }
  }

  private mutating func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(DecompressionError) -> DecoderStep {
    do throws(DecoderFailure) {
      return try decoder.step(input: input, output: output)
    } catch {
      switch error {
      case .outOfMemory: throw .outOfMemory(compression)
      case .corrupt(let reason): throw .corrupt(compression, position: position, reason: reason)
      }
    }
  }
}
