import SpanCompression

/// The bytes of a file, decompressed on the way, chunk by chunk.
struct DecodedStream<Source: ByteSource & ~Copyable>: ~Copyable {
  private static var chunkByteCount: Int { 1 << 20 }

  /// A name for errors.
  let file: String
  private var reader: DecompressingReader<Source>
  private let chunk: UnsafeMutableRawBufferPointer
  private var unreadRange = 0..<0
  /// Bytes taken so far.
  private(set) var position: UInt64 = 0

  init(_ source: consuming Source, file: String) {
    self.file = file
    reader = DecompressingReader(source)
    chunk = .allocate(byteCount: Self.chunkByteCount, alignment: 16)
  }

  deinit { chunk.deallocate() }

  /// Bytes of the source read so far, still compressed: how far the file is.
  var sourcePosition: UInt64 { reader.sourcePosition }

  /// What is there and was not taken; valid until the next call that reads.
  var unread: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: chunk[unreadRange]) }

  mutating func take(_ byteCount: Int) {
    unreadRange = unreadRange.lowerBound + byteCount..<unreadRange.upperBound
    position += UInt64(byteCount)
  }

  /// Sees to it that a byte is there.
  ///
  /// - Returns: whether one is; `false` at the end of the stream.
  mutating func fill() throws(InputFileError) -> Bool { try fill(upTo: 1) }

  /// Sees to it that so many bytes are there, or all that are left.
  ///
  /// - Parameter byteCount: no more than a chunk.
  /// - Returns: whether a byte is there.
  mutating func fill(upTo byteCount: Int) throws(InputFileError) -> Bool {
    while unreadRange.count < byteCount {
      if unreadRange.lowerBound > 0 {
        chunk.copyMemory(from: unread)
        unreadRange = 0..<unreadRange.count
      }
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: chunk[unreadRange.upperBound...]))
      if count == 0 { break }
      unreadRange = 0..<unreadRange.upperBound + count
    }
    return !unreadRange.isEmpty
  }

  private mutating func read(into free: UnsafeMutableRawBufferPointer) throws(InputFileError) -> Int {
    do throws(DecompressionError) {
      return try reader.read(into: free)
    } catch {
      throw InputFileError(file: file, .unreadable(error))
    }
  }
}
