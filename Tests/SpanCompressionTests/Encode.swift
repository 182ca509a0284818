import CZlib
import CZstd

@testable import SpanCompression

/// `bytes` as one gzip member or one zstd frame with a checksum.
func encode(_ bytes: [UInt8], as compression: Compression) -> [UInt8] {
  switch compression {
  case .none: bytes
  case .gzip: gzip(bytes)
  case .zstd: zstd(bytes)
  }
}

private func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  let size = CInt(MemoryLayout<z_stream>.size)
  let result = deflateInit2_(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
  precondition(result == Z_OK)
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
  input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
    }
  }
  return Array(output.prefix(Int(stream.total_out)))
}

private func zstd(_ bytes: [UInt8]) -> [UInt8] {
  let context = ZSTD_createCCtx()!
  defer { ZSTD_freeCCtx(context) }
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
  let byteCount = output.withUnsafeMutableBytes { output in
    bytes.withUnsafeBytes {
      ZSTD_compress2(context, output.baseAddress, output.count, $0.baseAddress, $0.count)
    }
  }
  precondition(ZSTD_isError(byteCount) == 0)
  return Array(output.prefix(byteCount))
}

/// Text that compresses, of `byteCount` bytes.
func sample(byteCount: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  var number: UInt64 = 1
  while bytes.count < byteCount {
    number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    bytes.append(contentsOf: "GET /cart/\(number % 1000) 200 ".utf8)
  }
  return Array(bytes.prefix(byteCount))
}

/// Gives `bytes` in pieces of at most `pieceByteCount`.
struct ArraySource: ByteSource {
  let bytes: [UInt8]
  let pieceByteCount: Int
  var position = 0
  var failure: SourceError?

  init(_ bytes: [UInt8], pieceByteCount: Int = .max, failure: SourceError? = nil) {
    self.bytes = bytes
    self.pieceByteCount = pieceByteCount
    self.failure = failure
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> Int {
    let byteCount = min(pieceByteCount, buffer.count, bytes.count - position)
    if byteCount == 0, let failure { throw failure }
    buffer.copyBytes(from: bytes[position..<position + byteCount])
    position += byteCount
    return byteCount
  }
}

/// Everything `source` holds, decompressed through a buffer of `outputByteCount` bytes.
func decompress(
  _ source: ArraySource, byteCountMax: UInt64 = .max, outputByteCount: Int = 4096
) throws(DecompressionError) -> [UInt8] {
  var reader = DecompressingReader(source, byteCountMax: byteCountMax)
  let output = UnsafeMutableRawBufferPointer.allocate(byteCount: outputByteCount, alignment: 1)
  defer { output.deallocate() }
  var result: [UInt8] = []
  while true {
    let byteCount = try reader.read(into: output)
    if byteCount == 0 { return result }
    result.append(contentsOf: output.prefix(byteCount))
  }
}
