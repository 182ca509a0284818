import CZstd

/// Decodes zstd frames, one behind the other; steps over skippable ones.
final class ZstdDecoder: Decoder {
  /// The largest window a frame may ask for is 2 to this power, 128 MiB: as much as `zstd` itself writes
  /// and reads without `--long`. It bounds the decoder's memory.
  static let windowExponentMax: CInt = 27

  private let context: OpaquePointer
  private(set) var isAtBoundary = true

  init() throws(DecoderFailure) {
    guard let context = ZSTD_createDCtx() else { throw .outOfMemory }
    self.context = context
    let result = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowExponentMax)
    precondition(ZSTD_isError(result) == 0, "a window exponent that every zstd accepts was refused")
  }

  deinit { ZSTD_freeDCtx(context) }

  func step(
    input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer
  ) throws(DecoderFailure) -> DecoderStep {
    // At a boundary nothing waits inside, and a call without input would only begin a frame.
    if input.isEmpty && isAtBoundary { return DecoderStep(consumedByteCount: 0, producedByteCount: 0) }
    var offered = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var room = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let result = ZSTD_decompressStream(context, &room, &offered)
    guard ZSTD_isError(result) == 0 else {
      throw .corrupt(reason: String(cString: ZSTD_getErrorName(result)))
    }
    // 0: a frame is decoded and everything of it was handed out.
    isAtBoundary = result == 0
    return DecoderStep(consumedByteCount: offered.pos, producedByteCount: room.pos)
  }
}
