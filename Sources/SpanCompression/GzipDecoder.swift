import CZlib

/// Decodes gzip members, one behind the other.
final class GzipDecoder: Decoder {
  // On the heap, because zlib keeps the address of its stream and refuses to be moved.
  private let stream: UnsafeMutablePointer<z_stream>
  private(set) var isAtBoundary = false

  init() throws(DecoderFailure) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15: the largest window there is, 32 KiB; + 16: a gzip header and trailer, not a zlib one.
    let result = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
    guard result == Z_OK else {
      stream.deallocate()
      throw .outOfMemory
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func step(
    input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer
  ) throws(DecoderFailure) -> DecoderStep {
    // zlib counts in 32 bits; what a larger buffer holds beyond that is left to the next step.
    let offered = UInt32(clamping: input.count)
    let room = UInt32(clamping: output.count)
    // SAFETY: zlib's input pointer lacks `const`, but inflate only reads through it.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = offered
    stream.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
    stream.pointee.avail_out = room
    if offered > 0 { try beginMember() }
    try check(inflate(stream, Z_NO_FLUSH))
    return DecoderStep(
      consumedByteCount: Int(offered - stream.pointee.avail_in),
      producedByteCount: Int(room - stream.pointee.avail_out))
  }

  /// Behind a finished member another one may begin.
  private func beginMember() throws(DecoderFailure) {
    guard isAtBoundary else { return }
    isAtBoundary = false
    try check(inflateReset(stream))
  }

  private func check(_ result: CInt) throws(DecoderFailure) {
    switch result {
    case Z_OK, Z_BUF_ERROR: return  // Z_BUF_ERROR: neither input left nor room; nothing was lost.
    case Z_STREAM_END: isAtBoundary = true
    case Z_MEM_ERROR: throw .outOfMemory
    default: throw .corrupt(reason: stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)")
    }
  }
}
