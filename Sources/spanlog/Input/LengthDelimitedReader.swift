import SpanCompression

/// Reads messages one behind the other, each after its length as a varint, decompressed on the way.
///
/// Memory is taken as bytes arrive, not as lengths are claimed.
struct LengthDelimitedReader<Source: ByteSource & ~Copyable>: ~Copyable {
  struct Message: Equatable {
    var bytes: [UInt8]
    /// Of its first byte, behind its length.
    var position: UInt64
  }

  private static var chunkByteCount: Int { 1 << 20 }

  private let file: String
  private let messageByteCountMax: Int
  private var reader: DecompressingReader<Source>
  private let chunk: UnsafeMutableRawBufferPointer
  private var unread = 0..<0
  /// Bytes read from the stream and taken out of the chunk.
  private var position: UInt64 = 0

  /// - Parameter file: a name for errors.
  init(_ source: consuming Source, file: String, messageByteCountMax: Int) {
    self.file = file
    self.messageByteCountMax = messageByteCountMax
    reader = DecompressingReader(source)
    chunk = .allocate(byteCount: Self.chunkByteCount, alignment: 16)
  }

  deinit { chunk.deallocate() }

  /// Bytes of the source read so far, still compressed: how far the file is.
  var sourcePosition: UInt64 { reader.sourcePosition }

  /// Whether the stream begins as a JSON text does. Messages may begin so as well: it is no error by itself.
  private(set) var looksLikeJSON = false

  /// The next message, or `nil` where the stream ends between two.
  mutating func next() throws(InputFileError) -> Message? {
    guard let byteCount = try readLength() else { return nil }
    let start = position
    guard byteCount <= messageByteCountMax else {
      throw InputFileError(
        file: file,
        .tooLong(position: start, byteCount: byteCount, byteCountMax: messageByteCountMax))
    }
    var bytes: [UInt8] = []
    while bytes.count < Int(byteCount) {
      guard try fill() else {
        throw InputFileError(
          file: file, .cutOff(position: start, byteCount: byteCount, presentByteCount: bytes.count))
      }
      let part = chunk[unread].prefix(Int(byteCount) - bytes.count)
      if bytes.isEmpty { bytes.reserveCapacity(min(Int(byteCount), Self.chunkByteCount)) }
      bytes.append(contentsOf: part)
      take(part.count)
    }
    return Message(bytes: bytes, position: start)
  }

  private mutating func readLength() throws(InputFileError) -> UInt64? {
    let start = position
    var length: UInt64 = 0
    for shift in stride(from: 0, to: 63, by: 7) {
      guard try fill() else {
        if shift == 0 { return nil }
        throw InputFileError(file: file, .invalidLength(position: start))
      }
      let byte = chunk[unread.lowerBound]
      take(1)
      length |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte < 0x80 { return length }
    }
    throw InputFileError(file: file, .invalidLength(position: start))
  }

  private mutating func take(_ byteCount: Int) {
    unread = unread.lowerBound + byteCount..<unread.upperBound
    position += UInt64(byteCount)
  }

  /// Sees to it that a byte is there.
  ///
  /// - Returns: whether one is; `false` at the end of the stream.
  private mutating func fill() throws(InputFileError) -> Bool {
    guard unread.isEmpty else { return true }
    do throws(DecompressionError) {
      unread = try 0..<reader.read(into: chunk)
    } catch {
      throw InputFileError(file: file, .unreadable(error))
    }
    if position == 0 { looksLikeJSON = beginsLikeJSON }
    return !unread.isEmpty
  }

  /// A brace or bracket, and behind it only what JSON may have there.
  private var beginsLikeJSON: Bool {
    let text = chunk[unread].prefix(64).filter { !" \t\r\n".utf8.contains($0) }
    guard let first = text.first, "{[".utf8.contains(first) else { return false }
    return text.count == 1 || "\"{[}]".utf8.contains(text[1])
  }
}
