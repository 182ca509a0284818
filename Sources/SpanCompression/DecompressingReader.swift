/// Reads a stream that may be compressed, decompressed, chunk by chunk.
///
/// The format is told by the first bytes. Memory: one input buffer and the decoder's window.
package struct DecompressingReader<Source: ByteSource & ~Copyable>: ~Copyable {
  /// 128 KiB: what zstd recommends for a step, and few enough system calls.
  private static var inputByteCount: Int { 128 << 10 }

  private var source: Source
  private let byteCountMax: UInt64
  private var decompressor: Decompressor?
  private let input: UnsafeMutableRawBufferPointer
  private var unread = 0..<0
  /// Bytes read from the source so far.
  package private(set) var sourcePosition: UInt64 = 0

  /// - Parameter byteCountMax: the most bytes that may come out, all told.
  package init(_ source: consuming Source, byteCountMax: UInt64 = .max) {
    self.source = source
    self.byteCountMax = byteCountMax
    input = .allocate(byteCount: Self.inputByteCount, alignment: 16)
  }

  deinit { input.deallocate() }

  /// Reads some bytes into the start of `output`, waiting for the first of them.
  ///
  /// - Parameter output: not empty.
  /// - Returns: how many; 0 at the end of a whole stream.
  package mutating func read(
    into output: UnsafeMutableRawBufferPointer
  ) throws(DecompressionError) -> Int {
    if decompressor == nil { try detect() }
    // SAFETY of the `!` below: detect() has set it, or thrown.
    while true {
      if unread.isEmpty { try fill() }
      let pending = UnsafeRawBufferPointer(rebasing: input[unread])
      let step = try decompressor!.decompress(pending, into: output)
      unread = unread.lowerBound + step.consumedByteCount..<unread.upperBound
      if step.producedByteCount > 0 { return step.producedByteCount }
      if pending.isEmpty {
        try decompressor!.finish()
        return 0
      }
    }
  }

  /// Reads until the format can be told, however few bytes the source gives at a time.
  private mutating func detect() throws(DecompressionError) {
    while unread.count < Compression.magicByteCount {
      let free = UnsafeMutableRawBufferPointer(rebasing: input[unread.upperBound...])
      let byteCount = try readSource(into: free)
      if byteCount == 0 { break }
      unread = 0..<unread.upperBound + byteCount
    }
    let compression = Compression(detecting: UnsafeRawBufferPointer(rebasing: input[unread]))
    decompressor = try Decompressor(compression, byteCountMax: byteCountMax)
  }

  private mutating func fill() throws(DecompressionError) {
    unread = try 0..<readSource(into: input)
  }

  private mutating func readSource(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(DecompressionError) -> Int {
    do throws(SourceError) {
      let byteCount = try source.read(into: buffer)
      sourcePosition += UInt64(byteCount)
      return byteCount
    } catch {
      throw .source(error)
    }
  }
}
